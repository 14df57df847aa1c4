# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Makes a private set of package sources for each list of suites, on the mirrors that
# the machine's own apt configuration names. It never changes the machine's sources,
# lists and installed packages. Sourced after common.sh.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Prints "URI SUITE" pairs of the machine's own sources, in both formats.
apt_own_pairs() {
	local f
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -r "$f" ] && sed -n 's/\[[^]]*\]//; s/^deb[[:space:]]\+//p' "$f" |
			awk '{ print $1, $2 }'
	done
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -r "$f" ] && awk '
			function flush(  i, n, s) {
				n = split(suites, s, " ")
				for (i = 1; i <= n; i++)
					if (uri != "" && on)
						print uri, s[i]
				uri = suites = ""; on = 1
			}
			BEGIN { on = 1 }
			/^[[:space:]]*$/ { flush() }
			tolower($1) == "enabled:" && tolower($2) == "no" { on = 0 }
			tolower($1) == "uris:" { uri = $2 }
			tolower($1) == "suites:" { $1 = ""; suites = $0 }
			END { flush() }' "$f"
	done
	return 0
}

# The mirror for a suite: the one of this machine's release, main or security part.
apt_uri() {
	local own want uri
	own=$(. /etc/os-release && echo "$VERSION_CODENAME")
	want=$own
	case $1 in *-security) want=$own-security ;; esac
	uri=$(apt_own_pairs | awk -v s="$want" '$2 == s { print $1; exit }')
	[ -n "$uri" ] || return 1
	printf '%s\n' "$uri"
}

# Security updates may be left out: a machine that does not take them gets the packages
# of the release itself.
apt_source_lines() {
	local s uri lines=0 type=${APT_TYPE:-deb}
	for s in "$@"; do
		if uri=$(apt_uri "$s"); then
			printf '%s [signed-by=%s] %s %s main\n' "$type" "$KEYRING" "$uri" "$s"
			lines=$((lines + 1))
			continue
		fi
		case $s in
		*-security)
			say "the apt sources of this machine name no mirror for security updates:" \
				"going on without $s"
			;;
		*) say "the apt sources of this machine name no mirror of its own release" ;;
		esac
	done
	[ $lines -gt 0 ]
}

# apt_use SUITE,SUITE…: makes the set, refreshes it twice a day, fills APT. With
# APT_TYPE=deb-src it is a set of source packages, with APT_ARCH it also has the packages of
# another architecture.
apt_use() {
	local dir words
	IFS=, read -ra words <<<"$1"
	dir=$CACHE/apt/$1${APT_TYPE:+.$APT_TYPE}${APT_ARCH:+.$APT_ARCH}
	APT=(-o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=-
		-o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache"
		-o APT::Sandbox::User=root -o Acquire::Retries=3 -o Debug::NoLocking=1)
	[ -z "${APT_ARCH-}" ] ||
		APT+=(-o APT::Architectures::=amd64 -o "APT::Architectures::=$APT_ARCH")
	fresh "$dir/stamp" 720 && return
	lock "apt-${dir##*/}"
	if ! fresh "$dir/stamp" 720; then
		mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
		apt_source_lines "${words[@]}" >"$dir/sources.list" ||
			die "add a line for this Debian release to /etc/apt/sources.list"
		if apt-get -qq "${APT[@]}" update >&2; then
			touch "$dir/stamp"
		elif [ -e "$dir/stamp" ]; then
			say "package lists of $1 could not be refreshed; older ones are used"
		else
			die "package lists of $1 could not be fetched"
		fi
	fi
	unlock
}

# apt_versions PACKAGE: prints its versions, newest first.
apt_versions() { apt-cache "${APT[@]}" madison "$1" | awk '{ print $3 }'; }

# apt_fetch DIR PACKAGE=VERSION…: downloads into DIR/deb, unpacks into DIR.
apt_fetch() {
	local dir=$1 deb
	shift
	mkdir -p "$dir/deb"
	(cd "$dir/deb" && apt-get -qq "${APT[@]}" download "$@") >&2 ||
		die "could not download $*"
	for deb in "$dir"/deb/*.deb; do
		dpkg-deb -x "$deb" "$dir"
	done
	rm -rf "$dir/deb"
}

# apt_fetch_upstream DIR SOURCE=VERSION: downloads the upstream tarball of a source
# package into DIR. Its description and Debian's part are not needed, and a mirror may
# have dropped them.
apt_fetch_upstream() {
	(cd "$1" && apt-get -qq "${APT[@]}" source --download-only --tar-only "$2") >&2
}
