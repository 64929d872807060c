# SPDX-License-Identifier: GPL-2.0
# How the pictures of report.sh look: what is drawn can be told apart in black and
# white, and a scheduler looks the same in all of them. Mainline's are grey and dashed.
set encoding utf8
set border 3 lc rgb "#404040"
set tics nomirror
set grid ytics lt 1 lw 0.5 lc rgb "#e0e0e0"
set format "%.0s%c"
set xlabel offset 0,0.7
set key below height 0.6 Left reverse samplen 4 spacing 1.2 font ",11"
set style fill solid border -1
set boxwidth 0.9

names = "rr wrr wlc fo lc mh sh hprio rr_ext wrr_ext bw_load bw_poll bw_lag bw_lag_val auto_bw ipvsadm ipvsadm-ext"
number(name) = sum [i = 1:words(names)] (word(names, i) eq name ? i : 0)
# What is not in the list looks like the last but one.
style(name) = number(name) ? number(name) : 16

set style line 1 lw 2 dt (8,4) pt 4 ps 0.8 lc rgb "#606060"
set style line 2 lw 2 dt (8,4) pt 6 ps 0.8 lc rgb "#606060"
set style line 3 lw 2 dt (2,3) pt 8 ps 0.8 lc rgb "#606060"
set style line 4 lw 2 dt (2,3) pt 10 ps 0.8 lc rgb "#606060"
set style line 5 lw 2 dt (2,3) pt 12 ps 0.8 lc rgb "#909090"
set style line 6 lw 2 dt (2,3) pt 1 ps 0.8 lc rgb "#606060"
set style line 7 lw 2 dt (2,3) pt 2 ps 0.8 lc rgb "#606060"
set style line 8 lw 3 dt 1 pt 13 ps 1.1 lc rgb "#d55e00"
set style line 9 lw 3 dt 1 pt 5 ps 0.8 lc rgb "#0072b2"
set style line 10 lw 3 dt 1 pt 7 ps 0.8 lc rgb "#009e73"
set style line 11 lw 2 dt (14,4) pt 9 ps 0.9 lc rgb "#000000"
set style line 12 lw 2 dt (14,4) pt 11 ps 0.9 lc rgb "#cc79a7"
set style line 13 lw 2 dt (14,4,2,4) pt 3 ps 0.9 lc rgb "#56b4e9"
set style line 14 lw 2 dt (14,4,2,4) pt 1 ps 0.9 lc rgb "#0072b2"
set style line 15 lw 2 dt (14,4,2,4) pt 2 ps 0.9 lc rgb "#e69f00"
set style line 16 lw 2 dt (8,4) pt 4 ps 0.9 lc rgb "#606060"
set style line 17 lw 3 dt 1 pt 13 ps 1.1 lc rgb "#d55e00"
