# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# nginx as these tests run it: two workers, files sent by sendfile(2), in the
# foreground. Sourced by tests/guest/servers/nginx*.sh, after userland.sh.

# The command that starts nginx
# shellcheck disable=SC2034 # used by those who source
NGINX=(nginx -c /srv/nginx.conf -p /tmp)

# nginx_conf [LEVEL]: writes the configuration; the rest of the http block, including
# the server, comes from standard input. nginx logs errors from LEVEL on.
nginx_conf() {
	cat >nginx.conf <<-E
		worker_processes 2;
		pid /run/nginx.pid;
		error_log stderr ${1-};
		daemon off;
		events { worker_connections 1024; }
		http {
			access_log off;
			sendfile on;
			$(cat)
		}
	E
}
