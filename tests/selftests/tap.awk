# SPDX-License-Identifier: BSD-3-Clause
# Reads the required cases, then what kselftest wrote to standard output, and
# writes TAP: the name of each case (kselftest leaves it out of a skip), and
# TODO where it failed and is not required.  A required case that never ran has
# failed.  -v prefix=TEXT is put before each name.

function verdict(good, name, note)
{
	print (good ? "ok " : "not ok ") ++n " - " prefix name note
	if (!good && note == "")
		bad = 1
}

{ sub(/\r$/, "") }

FILENAME == ARGV[1] {
	if ($1 !~ /^#/ && NF)
		required[$1] = 1
	next
}

/^# +RUN / {
	name = $3
	sub(/^enclave\./, "", name)
}

/^(not )?ok [0-9]/ {
	seen[name] = 1
	if ($0 ~ /# *SKIP/ && !(name in required))
		verdict(1, name, " # SKIP" substr($0, index($0, "SKIP") + 4))
	else if ($0 ~ /^ok/ && $0 !~ /# *SKIP/)
		verdict(1, name, "")
	else
		verdict(0, name, name in required ? "" : " # TODO not required")
}

END {
	for (name in required)
		if (!(name in seen))
			verdict(0, name, "")
	print "1.." n
	exit bad
}
