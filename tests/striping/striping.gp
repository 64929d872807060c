# SPDX-License-Identifier: GPL-2.0
# What each scheduler carries, and what becomes of the traffic of a link that
# fails; dir is where rows, links and marks are.
if (!exists("term")) term = "svg size 960,900 dynamic font 'Helvetica,15' background rgb 'white'"
if (!exists("ext")) ext = "svg"
eval sprintf("set terminal %s", term)
set termoption noenhanced
set output dir."/striping.".ext
rows = dir."/rows"
links = dir."/links"
marks = dir."/marks"

set multiplot layout 2,1
set border 3 lc rgb "#404040"
set tics nomirror
set grid ytics lt 1 lw 0.5 lc rgb "#e0e0e0"
set lmargin 9
set rmargin 4

set title "Links of 20, 10 and 5 Mbit/s: what arrives" font ",18"
set ylabel "Mbit/s"
set yrange [0:40]
set style data histograms
set style histogram clustered gap 1
set style fill solid border -1
set boxwidth 0.9
set key top left horizontal Left reverse samplen 2
set arrow from graph 0, first 35 to graph 1, first 35 nohead dt (8,5) lw 1.5 lc rgb "#404040"
set label "sum of the links" at graph 0.99, first 36.2 right textcolor rgb "#404040"
set xtics scale 0 font ",13"
plot rows using 2:xtic(1) lc rgb "#0072b2" title "UDP, on the wire", \
	rows using 3 lc rgb "#e69f00" title "one TCP connection, payload"

unset arrow
unset label
set title "bw_lag_val, 14 Mbit/s of UDP: link 1 fails silently and comes back" font ",18"
set xlabel "seconds"
set ylabel "sent on each link, Mbit/s"
set yrange [0:18]
set xrange [0:10]
set xtics autofreq
set style data lines
set key top left horizontal Left reverse samplen 3
n = int(system("wc -l < ".marks))
do for [i = 1:n] {
	t = system(sprintf("awk 'NR == %d { print $1 }' %s", i, marks)) + 0
	what = system(sprintf("awk 'NR == %d { print $2 }' %s", i, marks))
	set arrow from t,0 to t,15.5 nohead lw 1 lc rgb "#909090"
	set label what at t,16 center textcolor rgb "#000000"
}
plot links using 1:2 lw 3 lc rgb "#0072b2" title "link 1 (20 Mbit/s)", \
	links using 1:3 lw 3 lc rgb "#56b4e9" title "link 2 (10 Mbit/s)", \
	links using 1:4 lw 3 dt (10,3) lc rgb "#d55e00" title "link 3 (5 Mbit/s)"
unset multiplot
