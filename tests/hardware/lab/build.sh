#!/bin/bash
# Build the V4L2 lab VM (idempotent).  Everything goes to $LAB_DIR (default
# ~/.cache/v4l2lab); nothing is written into the repository.
#
#   build.sh            build what is missing
#   build.sh --uml      the same, plus a User Mode Linux kernel with the camera
#                       drivers (native speed where there is no usable KVM)
#   build.sh --force    rebuild from scratch (the UML kernel only with --uml)
#   build.sh --deps     apt-get install what this script needs on the host
set -euo pipefail

HERE=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
LAB_DIR=${LAB_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/v4l2lab}
SUITE=bookworm
# apt sources of the host (deb822 or one-line); the guest inherits them
APT_SOURCES=${LAB_APT_SOURCES:-/etc/apt/sources.list.d/debian.sources}
[ -f "$APT_SOURCES" ] || APT_SOURCES=/etc/apt/sources.list
IMG_SIZE=${LAB_IMG_SIZE:-6G}
PIP_PKGS=${LAB_PIP_PKGS:-opencv-python-headless numpy}

log() { printf '[build %4ss] %s\n' "$SECONDS" "$*" >&2; }
die() { log "ERROR: $*"; exit 1; }

HOST_DEPS="qemu-system-x86 qemu-utils mmdebstrap e2fsprogs cpio busybox-static kmod python3-pip
  linux-source-6.1 gcc make flex bison bc libc6-dev libelf-dev xz-utils"

FORCE=0 UML=0
for a in "$@"; do
  case $a in
    --force) FORCE=1 ;;
    --uml) UML=1 ;;
    --deps) apt-get update -q && apt-get install -y --no-install-recommends $HOST_DEPS; exit ;;
    *) die "unknown argument $a" ;;
  esac
done
[ "$(id -u)" = 0 ] || die "must be root"
for t in qemu-system-x86_64 mmdebstrap mke2fs cpio; do
  command -v $t >/dev/null || die "$t missing: run '$0 --deps' first"
done

mkdir -p "$LAB_DIR"
exec 9>"$LAB_DIR/build.lock"
flock 9
[ $FORCE = 1 ] && rm -rf "$LAB_DIR"/{rootfs,rootfs.tar,rootfs.img,initrd.img,vmlinuz,wheels,stamp.*}
[ $FORCE$UML = 11 ] && rm -rf "$LAB_DIR/uml"

# ---------------------------------------------------------------- 1. rootfs
if [ ! -f "$LAB_DIR/stamp.rootfs" ]; then
  log "mmdebstrap $SUITE"
  rm -rf "$LAB_DIR/rootfs"
  cat >"$LAB_DIR/customize.sh" <<'HOOK'
#!/bin/sh
set -e
R=$1
K=$(ls "$R/lib/modules" | sort -V | tail -1)
# dkms may or may not have built the module from its postinst (uname -r is the
# build host's kernel), so ask for the installed kernel explicitly
chroot "$R" dkms autoinstall -k "$K" || { cat "$R"/var/lib/dkms/v4l2loopback/*/build/make.log; exit 1; }
chroot "$R" depmod "$K"
chroot "$R" modinfo -k "$K" v4l2loopback | sed 's/^/    /'
echo v4l2lab >"$R/etc/hostname"
echo '127.0.0.1 localhost v4l2lab' >"$R/etc/hosts"
mkdir -p "$R/mnt/share" "$R/mnt/ctl" "$R/opt/lab"
HOOK
  chmod +x "$LAB_DIR/customize.sh"
  mmdebstrap --mode=root --variant=minbase --format=directory \
    --include=linux-image-amd64,linux-headers-amd64,v4l2loopback-dkms,v4l2loopback-utils \
    --include=udev,kmod,iproute2,procps,psmisc,busybox-static,ca-certificates \
    --include=python3,python3-venv,python3-pip,v4l-utils,ffmpeg,strace,curl \
    --customize-hook="$LAB_DIR/customize.sh" \
    "$SUITE" "$LAB_DIR/rootfs" "$APT_SOURCES" >"$LAB_DIR/mmdebstrap.log" 2>&1 \
    || { tail -30 "$LAB_DIR/mmdebstrap.log" >&2; die "mmdebstrap failed ($LAB_DIR/mmdebstrap.log)"; }
  touch "$LAB_DIR/stamp.rootfs"
fi
R=$LAB_DIR/rootfs
K=$(ls "$R/lib/modules" | sort -V | tail -1)
log "kernel $K"
cp "$R/boot/vmlinuz-$K" "$LAB_DIR/vmlinuz"

{
  echo "kernel $K"
  for m in v4l2loopback vivid uvcvideo dummy_hcd usbip-vudc vhci-hcd libcomposite usb_f_uvc; do
    f=$(find "$R/lib/modules/$K" -name "$m.ko*" | head -1)
    printf '%-14s %s\n' "$m" "${f:+yes ${f#"$R"}}"
  done
} >"$LAB_DIR/modules.txt"

# ------------------------------------------------------- 2. python packages
# Wheels are fetched by the host's pip (ordinary client, host configuration)
# and installed offline into /opt/lab/venv of the image.
if [ ! -f "$LAB_DIR/stamp.venv" ]; then
  log "venv: $PIP_PKGS"
  mkdir -p "$LAB_DIR/wheels"
  pyver=$(chroot "$R" python3 -c 'import sys;print("%d.%d"%sys.version_info[:2])')
  python3 -m pip download -q --only-binary=:all: --python-version "$pyver" \
    -d "$LAB_DIR/wheels" $PIP_PKGS || die "pip download failed"
  rm -rf "$R/opt/lab/venv" "$R/opt/lab/wheels"
  mkdir -p "$R/opt/lab/wheels"
  cp "$LAB_DIR"/wheels/*.whl "$R/opt/lab/wheels/"
  chroot "$R" sh -ec "python3 -m venv /opt/lab/venv && env -i PATH=/usr/bin:/bin HOME=/root \
    /opt/lab/venv/bin/pip install -q --no-index --find-links /opt/lab/wheels $PIP_PKGS"
  rm -rf "$R/opt/lab/wheels"
  touch "$LAB_DIR/stamp.venv"
  rm -f "$LAB_DIR/stamp.img"
fi

# ------------------------------------------------------------- 3. test feeds
# Pre-encoded so that the guest's CPU is spent on the code under test:
#   mjpg-720p/NNNN.jpg + .mjpg   60 numbered frames 1280x720
#   mjpg-480p                    same at 640x480 (resolution change)
#   mjpg-corrupt                 every third frame damaged
#   yuyv-480p.raw                30 raw YUYV frames 640x480
if [ ! -f "$LAB_DIR/stamp.feeds" ]; then
  log "feeds"
  mkdir -p "$R/opt/lab/feeds"
  mount --bind "$HERE/guest" "$R/mnt/ctl"
  chroot "$R" /opt/lab/venv/bin/python /mnt/ctl/make_feeds.py /opt/lab/feeds || { umount "$R/mnt/ctl"; die "feeds"; }
  umount "$R/mnt/ctl"
  touch "$LAB_DIR/stamp.feeds"
  rm -f "$LAB_DIR/stamp.img"
fi

# host CA bundle, so that pip/apt inside the guest trust what the host trusts
if [ -f /etc/ssl/certs/ca-certificates.crt ] && ! cmp -s /etc/ssl/certs/ca-certificates.crt "$R/etc/ssl/certs/ca-certificates.crt"; then
  cp /etc/ssl/certs/ca-certificates.crt "$R/etc/ssl/certs/ca-certificates.crt"
  rm -f "$LAB_DIR/stamp.img"
fi

# first process of the UML variant
mkdir -p "$R/mnt/rc"
if ! cmp -s "$HERE/guest/uml-init" "$R/opt/lab/uml-init"; then
  cp "$HERE/guest/uml-init" "$R/opt/lab/uml-init"; chmod +x "$R/opt/lab/uml-init"
  rm -f "$LAB_DIR/stamp.img"
fi

# --------------------------------------------------------------- 4. image
if [ ! -f "$LAB_DIR/stamp.img" ] || [ ! -f "$LAB_DIR/rootfs.img" ]; then
  log "ext4 image"
  rm -f "$LAB_DIR/rootfs.img"
  mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=1 -d "$R" "$LAB_DIR/rootfs.img" "$IMG_SIZE"
  touch "$LAB_DIR/stamp.img"
fi

# ------------------------------------------- 5. initrd (busybox, few modules)
if [ ! -f "$LAB_DIR/initrd.img" ] || [ "$HERE/guest/initrd-init" -nt "$LAB_DIR/initrd.img" ]; then
  log "initrd"
  I=$LAB_DIR/initrd.d
  rm -rf "$I"; mkdir -p "$I"/{bin,dev,proc,sys,new,mod}
  cp "$R/bin/busybox" "$I/bin/busybox"
  cp "$HERE/guest/initrd-init" "$I/init"; chmod +x "$I/init"
  : >"$I/mod/order"
  for m in virtio_pci virtio_blk ext4; do
    chroot "$R" modprobe -S "$K" --show-depends "$m" | awk '$1=="insmod"{print $2}'
  done | awk '!s[$0]++' | while read -r ko; do
    cp "$R$ko" "$I/mod/"; basename "$ko" >>"$I/mod/order"
  done
  (cd "$I" && find . | cpio -o -H newc --quiet) >"$LAB_DIR/initrd.img"
fi

# --------------------------- 6. optional: User Mode Linux kernel + its modules
if [ $UML = 1 ] && [ ! -x "$LAB_DIR/uml/linux" ]; then
  SRC=$(ls /usr/src/linux-source-6.1.tar.* 2>/dev/null | head -1)
  [ -n "$SRC" ] || die "linux-source-6.1 missing: run '$0 --deps' first"
  log "UML kernel (8-10 minutes on two cores)"
  W=$LAB_DIR/uml.build
  rm -rf "$W" "$LAB_DIR/uml"; mkdir -p "$W" "$LAB_DIR/uml"
  tar -C "$W" -xf "$SRC"
  cd "$W"/linux-source-6.1
  # Linux 6.1 reserves 2,696 bytes for a process's floating-point state. A processor with AMX needs 11,008, its kernel
  # refuses less, and the guest's first process dies of SIGSEGV. The state is kept on the kernel's stack, which grows.
  sed -i 's/DEFINE_LONGS(HOST_FP_SIZE, 2696)/DEFINE_LONGS(HOST_FP_SIZE, 12288)/' arch/x86/um/user-offsets.c
  grep -q 'HOST_FP_SIZE, 12288' arch/x86/um/user-offsets.c
  {
    make ARCH=um defconfig
    scripts/config --set-val KERNEL_STACK_ORDER 4
    # UML_PCI_OVER_VIRTIO is only there for what it selects: IOMEM and DMA
    # emulation, without which Kconfig hides media and USB on this architecture
    scripts/config -e VIRTIO_UML -e UML_PCI_OVER_VIRTIO --set-val UML_PCI_OVER_VIRTIO_DEVICE_ID 1234 \
      -e MODULES -e MODULE_UNLOAD -e HOSTFS -e DEVTMPFS -e DEVTMPFS_MOUNT -e TMPFS -e UML_RANDOM -e HW_RANDOM \
      -e MEDIA_SUPPORT -d MEDIA_SUPPORT_FILTER -d MEDIA_SUBDRV_AUTOSELECT -e MEDIA_CAMERA_SUPPORT \
      -e MEDIA_TEST_SUPPORT -e MEDIA_USB_SUPPORT -e MEDIA_PLATFORM_SUPPORT -e MEDIA_CONTROLLER -e VIDEO_DEV \
      -e V4L_TEST_DRIVERS -e FB -m VIDEO_VIVID -e USB_SUPPORT -e USB -m USB_VIDEO_CLASS \
      -m USBIP_CORE -m USBIP_VHCI_HCD -e EVENTFD -e EPOLL -e INOTIFY_USER -e NET -e UNIX -e INET \
      -e POSIX_TIMERS -e HIGH_RES_TIMERS -e PROC_FS -e SYSFS -e BLK_DEV_UBD -e EXT4_FS -e UNIX98_PTYS \
      -e SHMEM -e MEMFD_CREATE -e OVERLAY_FS -d DRM -d SOUND -d RC_CORE -d DVB_CORE \
      -d MEDIA_DIGITAL_TV_SUPPORT -d MEDIA_ANALOG_TV_SUPPORT -d MEDIA_RADIO_SUPPORT -d MEDIA_SDR_SUPPORT \
      -d WERROR -d DEBUG_INFO -e DEBUG_INFO_NONE -d DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT -d WIRELESS -d I2C
    make ARCH=um olddefconfig
    grep -q '^CONFIG_VIDEO_VIVID=m' .config && grep -q '^CONFIG_USB_VIDEO_CLASS=m' .config
    make ARCH=um -j"$(nproc)" linux modules
    cp -a "$R"/usr/src/v4l2loopback-*/ "$W/v4l2loopback"
    make ARCH=um M="$W/v4l2loopback" modules
    KV=$(make -s ARCH=um kernelrelease)
    make ARCH=um INSTALL_MOD_PATH="$W/inst" modules_install
    make ARCH=um INSTALL_MOD_PATH="$W/inst" M="$W/v4l2loopback" modules_install
    depmod -b "$W/inst" "$KV"
    rm -f "$W/inst/lib/modules/$KV"/{build,source}
    mv "$W/inst/lib/modules/$KV" "$LAB_DIR/uml/modules"
    strip -o "$LAB_DIR/uml/linux.tmp" linux && mv "$LAB_DIR/uml/linux.tmp" "$LAB_DIR/uml/linux"
  } >"$LAB_DIR/uml.log" 2>&1 || { tail -20 "$LAB_DIR/uml.log" >&2; die "UML build failed ($LAB_DIR/uml.log)"; }
  cd "$LAB_DIR"; rm -rf "$W"
fi
log "ready: $LAB_DIR ($(du -sh --apparent-size "$LAB_DIR/rootfs.img" | cut -f1) image, $(du -sh "$LAB_DIR/rootfs.img" | cut -f1) used)"
cat "$LAB_DIR/modules.txt"
