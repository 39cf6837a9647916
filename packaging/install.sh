#!/bin/sh
# Installs Countersign from the folder of this script, without a package manager: ./install.sh, ./install.sh --uninstall
# First everything is checked, then every file is copied beside its place, and only then are all of them renamed: a
# full disk or a missing library leaves the machine as it was.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
list=/usr/share/doc/countersign/files

fail() {
    echo "error: $1" >&2
    shift
    for hint in "$@"; do echo "hint: $hint" >&2; done
    exit 1
}

# Stacks that name the module, without their comments.
stacks() {
    for file in /etc/pam.conf /etc/pam.d/* /usr/lib/pam.d/*; do
        if [ -f "$file" ] && grep -q '^[^#]*pam_countersign' "$file"; then echo "$file"; fi
    done
}

uninstall() {
    [ -f "$list" ] || fail "$list is not there: nothing was installed by this script"
    used=$(stacks | tr '\n' ' ')
    [ -z "$used" ] || fail "the second factor is still in use: $used" \
        "take the lines with pam_countersign.so out first: without the module these stacks refuse every login"
    if [ -d /run/systemd/system ]; then systemctl disable --now countersignd.service 2>/dev/null || true; fi
    while IFS= read -r file; do rm -f "$file"; done <"$list"
    rm -f "$list"
    for folder in /usr/libexec/countersign /usr/share/doc/countersign; do
        if [ -d "$folder" ]; then find "$folder" -depth -type d -exec rmdir --ignore-fail-on-non-empty {} +; fi
    done
    if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
    echo "Removed. Left in place: /etc/countersign, /var/lib/countersign, /var/lib/countersignd, and their users."
    exit 0
}

# Where this system has its PAM modules.
security_folder() {
    for folder in /usr/lib/*-linux-gnu/security /usr/lib64/security /usr/lib/security /lib/security; do
        if [ -e "$folder/pam_unix.so" ]; then echo "$folder" && return; fi
    done
    fail "no folder with pam_unix.so was found" "set SECURITY=FOLDER to where this system has its PAM modules"
}

check_libraries() {
    for program in usr/bin/countersign usr/sbin/countersignd usr/libexec/countersign/countersign-net \
        security/pam_countersign.so; do
        # A library that is too old is told on standard error.
        missing=$(ldd "$here/tree/$program" 2>&1 | grep 'not found' || true)
        [ -z "$missing" ] || fail "$program cannot run here: $missing" \
            "needed: libcurl 4, libpam, libcrypt 1, libqrencode 4, libsqlite3, libphonenumber 8, glibc 2.36 or later"
    done
}

users() {
    if command -v systemd-sysusers >/dev/null; then
        systemd-sysusers countersign.conf countersignd.conf
    else
        for user in _countersign _countersign-net _countersignd; do
            getent passwd "$user" >/dev/null || useradd --system --user-group --no-create-home \
                --home-dir /nonexistent --shell /usr/sbin/nologin "$user"
        done
    fi
    install -d -m 700 -o _countersign -g _countersign /var/lib/countersign
}

case ${1:-} in
'') ;;
--uninstall) uninstall ;;
*) fail "unknown argument: $1" "usage: $0 [--uninstall]" ;;
esac

[ "$(id -u)" = 0 ] || fail "only root may install"
[ "$(uname -m)" = "$(basename "$here" | sed 's/.*-linux-//')" ] || fail "this is made for another kind of processor"
for package in libpam-countersign countersign-server; do
    if dpkg-query -W -f '${db:Status-Status}' $package 2>/dev/null | grep -qx installed; then
        fail "the package $package is installed" "remove it first, or upgrade it"
    fi
done
security=${SECURITY:-$(security_folder)}
[ -d "$security" ] || fail "$security is not a folder"
check_libraries

# Each file and its place; the module comes last, so that it never runs with older helpers.
plan=$(mktemp)
new=.countersign-new
drop_copies() {
    while IFS='	' read -r _ _ to; do rm -f "$to$new"; done <"$plan"
    rm -f "$plan"
}
trap drop_copies EXIT
trap 'exit 1' HUP INT TERM
cd "$here/tree"
find . -type f ! -path './security/*' -printf '%m\t%P\t/%P\n' | sort >"$plan"
printf '644\tsecurity/pam_countersign.so\t%s/pam_countersign.so\n' "$security" >>"$plan"
while IFS='	' read -r mode from to; do
    mkdir -p "$(dirname "$to")"
    install -m "$mode" "$from" "$to$new" || fail "$to could not be written: nothing was changed"
done <"$plan"
install -d -m 755 /etc/countersign
sync
while IFS='	' read -r _ _ to; do mv -f "$to$new" "$to"; done <"$plan"
cut -f 3 "$plan" >"$list"
users
/usr/bin/countersign init
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
echo "Installed. No login has changed: README says how a service asks for the second factor."
