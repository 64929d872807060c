# SPDX-License-Identifier: GPL-2.0
# Blocks of a page in Markdown as commands of scene.sh (want=vm), or those for
# the host, each in a file of directory dir (want=host). NAME:LINE tells which.
function put(text) {
	if (want != "vm")
		return
	if (!begun++)
		print "page " page
	print text
}
FNR == 1 {
	page = FILENAME
	sub(/^\.\//, "", page)
	begun = 0
}
!inside && match($0, /^<!-- test: .* -->$/) {
	put(substr($0, 12, length($0) - 15))
	next
}
!inside && /^```[a-z]/ {
	tag = substr($0, 4)
	where = page ":" FNR
	inside = 1
	skip = 1
	if (tag == "sh" || tag == "sh fails" || (tag == "output" && vm)) {
		put((tag == "output" ? "output " : "block ") where \
			(tag == "sh fails" ? " fails" : "") " <<'END_OF_BLOCK'")
		skip = want != "vm"
		vm = 1
	} else if (tag ~ /^(sh host|sh dry|sh scratch|output|keepalived)$/) {
		if (want == "host") {
			file = sprintf("%s/%04d", dir, ++n)
			print where > (file ".where")
			print tag > (file ".tag")
			printf "" > (file ".text")
			skip = 0
		}
		if (tag != "output")
			vm = 0
	} else if (tag !~ /^(text|c|make|json|ldirectord)$/) {
		print where ": unknown kind of block: " tag > "/dev/stderr"
		exit bad = 1
	}
	next
}
!inside && /^```/ {
	print page ":" FNR ": a block without a kind" > "/dev/stderr"
	exit bad = 1
}
inside && /^```$/ {
	if (!skip && want == "vm")
		print "END_OF_BLOCK"
	inside = 0
	next
}
inside && !skip {
	if (want == "vm")
		print
	else
		print > (file ".text")
}
END {
	if (!bad && inside) {
		print where ": block without an end" > "/dev/stderr"
		exit 1
	}
	exit bad
}
