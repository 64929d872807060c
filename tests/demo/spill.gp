# SPDX-License-Identifier: GPL-2.0
# Connections per server over time; dir is where spill.dat and spill.marks are.
if (!exists("term")) term = "svg size 960,520 dynamic font 'Helvetica,15' background rgb 'white'"
if (!exists("ext")) ext = "svg"
eval sprintf("set terminal %s", term)
set output dir."/spill.".ext
data = dir."/spill.dat"
marks = dir."/spill.marks"

set title "Three servers of weight 5 spill to one of weight 1 (hprio)" font ",18"
set xlabel "seconds"
set ylabel "connections (active + inactive)"
stats data using 1 nooutput
end = STATS_max
set xrange [0:end]
set yrange [0:80]
set rmargin 17
set ytics 10
set border 3 lc rgb "#404040"
set tics nomirror
set grid ytics lt 1 lw 0.5 lc rgb "#e0e0e0"
set key outside bottom center horizontal Left reverse samplen 3 width 2

set arrow from 0,50 to end,50 nohead dt (8,5) lw 1.5 lc rgb "#404040"
set arrow from 0,20 to end,20 nohead dt (3,4) lw 1.5 lc rgb "#404040"
set label "upper threshold 50" at graph 1.01, first 50 left textcolor rgb "#404040"
set label "lower threshold 20" at graph 1.01, first 20 left textcolor rgb "#404040"

n = int(system("wc -l < ".marks))
do for [i = 1:n] {
	t = system(sprintf("awk 'NR == %d { print $1 }' %s", i, marks)) + 0
	what = system(sprintf("awk 'NR == %d { print $2 }' %s", i, marks))
	set arrow from t,0 to t,75 nohead lw 1 lc rgb "#909090"
	set label what at t,77.5 center font ",15" textcolor rgb "#000000"
}

# The three lines of the first tier cover each other most of the time.
plot data using 1:2 with lines lw 8 lc rgb "#56b4e9" title ".11 (weight 5)", \
	data using 1:3 with lines lw 4.5 lc rgb "#0072b2" title ".12 (weight 5)", \
	data using 1:4 with lines lw 1.2 lc rgb "#000000" title ".13 (weight 5)", \
	data using 1:5 with lines lw 3.5 dt (12,3) lc rgb "#d55e00" title ".91 (weight 1)"
