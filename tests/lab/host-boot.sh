#!/bin/sh
# The first process of a lab host, in namespaces of its own: puts the host's file system together, and becomes its pid 1.
#
# Every mount is made in this mount namespace alone: when pid 1 is killed, the kernel takes all of it away.
#   $1 the host's name   $2 the image's folder   $3 the host's folder, with ram/, root/ and seed/ in it
set -eu
name=$1 image=$2 folder=$3
root=$folder/root

# This /proc is still the machine's, so it tells the pid by which the machine knows us.
read -r pid rest </proc/self/stat
echo "$pid" >"$folder/pid.new"
mv "$folder/pid.new" "$folder/pid"

mount --make-rprivate /
mount -t tmpfs -o size=6g,mode=755 ram "$folder/ram"
mkdir "$folder/ram/upper" "$folder/ram/work"
mount -t overlay -o "lowerdir=$image,upperdir=$folder/ram/upper,workdir=$folder/ram/work" root "$root"

mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
# The kernel's settings are the machine's too, and read-only inside, except for those of the host's own network.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount -o remount,bind,ro "$root/proc/sys"
[ ! -e "$root/proc/sysrq-trigger" ] || mount --bind -o ro /dev/null "$root/proc/sysrq-trigger"

mount -t tmpfs -o mode=755,size=64k dev "$root/dev"
for device in null zero full random urandom tty; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777,size=256m shm "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
mount -t tmpfs -o mode=755,size=64m run "$root/run"
mkdir "$root/run/lock" "$root/run/sshd"
chmod 1777 "$root/run/lock"

cp -a "$folder/seed/." "$root/"
hostname "$name"
cd "$root"
mkdir .machine
pivot_root . .machine
exec chroot . /bin/sh -c 'umount -l /.machine; rmdir /.machine; exec /usr/sbin/lab-init' </dev/null >/dev/null 2>&1
