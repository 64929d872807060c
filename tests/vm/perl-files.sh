#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# perl-files.sh PROGRAM: the files a Perl program needs to run, itself and perl
# included; nothing if it is not installed.
set -eu

[ -r "$1" ] && perl=$(command -v perl) || exit 0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/FilesOf.pm" <<'END'
package FilesOf;
CHECK { print "$_\n" for grep { m,^/, && -f } values %INC, @DynaLoader::dl_shared_objects }
1;
END
printf '%s\n' "$perl" "$1"
"$perl" -I "$dir" -MFilesOf -c "$1" 2>/dev/null | grep -v "^$dir/"
