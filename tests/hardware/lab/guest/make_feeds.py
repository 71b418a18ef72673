# Runs in the guest, by itself: a script beside the project, not a part of it.
"""Make the lab's test feeds (runs in the image's chroot at build time).

Every frame carries its own number as a 16-cell black/white bar code in the
top-left corner (see ``decode_number``), survives JPEG, and the exact JPEG
bytes are kept next to the stream so that a test can compare what it received
with what the "camera" sent.
"""

import json
import hashlib
import os
import sys

import cv2
import numpy as np

CELL = 16
BITS = 16


def draw(n, total, w, h):
    """One BGR frame: gradient, moving block, noise, bar code, text."""
    y, x = np.mgrid[0:h, 0:w]
    img = np.empty((h, w, 3), np.uint8)
    img[..., 0] = x * 255 // w
    img[..., 1] = y * 255 // h
    img[..., 2] = (x + y + n * 8) % 256
    rng = np.random.default_rng(n)
    noise = rng.integers(-5, 6, (h // 2, w // 2, 1))
    noise = np.repeat(np.repeat(noise, 2, 0), 2, 1)
    img = np.clip(img.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    bx = int((w - 120) * n / total)
    cv2.rectangle(img, (bx, h // 2 - 60), (bx + 120, h // 2 + 60), (255, 255, 255), -1)
    cv2.putText(img, f"{w}x{h} #{n}", (20, h - 30), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (0, 0, 0), 6)
    cv2.putText(
        img, f"{w}x{h} #{n}", (20, h - 30), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (255, 255, 255), 2
    )
    for b in range(BITS):
        v = 235 if (n >> (BITS - 1 - b)) & 1 else 16
        img[0:CELL, b * CELL : (b + 1) * CELL] = v
    return img


def decode_number(gray):
    """Frame number from a grayscale (or BGR) image."""
    if gray.ndim == 3:
        gray = gray.mean(axis=2)
    n = 0
    for b in range(BITS):
        c = gray[4 : CELL - 4, b * CELL + 4 : (b + 1) * CELL - 4]
        n = n * 2 + int(c.mean() > 128)
    return n


def mjpg(out, name, w, h, count, q=85):
    d = os.path.join(out, name)
    os.makedirs(d, exist_ok=True)
    sums = []
    frames = []
    for n in range(count):
        ok, buf = cv2.imencode(
            ".jpg",
            draw(n, count, w, h),
            [
                cv2.IMWRITE_JPEG_QUALITY,
                q,
                cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
                cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
            ],
        )
        b = buf.tobytes()
        frames.append(b)
        sums.append(hashlib.sha256(b).hexdigest())
        with open(os.path.join(d, f"{n:04d}.jpg"), "wb") as f:
            f.write(b)
    with open(os.path.join(out, name + ".mjpg"), "wb") as f:
        f.write(b"".join(frames))
    with open(os.path.join(d, "sha256.json"), "w") as f:
        json.dump(sums, f)
    return frames


def main(out):
    f720 = mjpg(out, "mjpg-720p", 1280, 720, 60)
    mjpg(out, "mjpg-480p", 640, 480, 60)
    # 30 raw YUYV frames
    with open(os.path.join(out, "yuyv-480p.raw"), "wb") as f:
        for n in range(30):
            yuv = cv2.cvtColor(draw(n, 30, 640, 480), cv2.COLOR_BGR2YUV_YUYV)
            f.write(yuv.tobytes())
    print("720p mean bytes", sum(map(len, f720)) // len(f720))


if __name__ == "__main__":
    main(sys.argv[1])
