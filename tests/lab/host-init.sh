#!/bin/sh
# Pid 1 of a lab host: starts the daemons by Debian's init scripts, then takes in orphans. Inside, /usr/sbin/lab-init.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
cd /
exec </dev/null >>/var/log/lab-init.log 2>&1
for daemon in ssh cron supervisor; do
    "/etc/init.d/$daemon" start
done
# A shell that waits for one child reaps whichever ends, those that it was left with included.
while :; do
    sleep 86400 &
    wait
done
