# shellcheck shell=bash
# nginx as these tests run it: two workers, files by sendfile(2), in the
# foreground. Sourced by tests/guest/servers/nginx*.sh, after userland.sh.

# What starts it
# shellcheck disable=SC2034 # used by those who source
NGINX=(nginx -c /srv/nginx.conf -p /tmp)

# nginx_conf [LEVEL]: its configuration; what http has beside, its server among
# it, comes from standard input. It complains from LEVEL on.
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
