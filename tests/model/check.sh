#!/bin/sh
# One run of the model checker: check.sh holds|broken MODEL.pml [-DOPTION...], in a folder of its own.
# "holds" wants the whole state space without an error, "broken" wants a counterexample.
set -eu
expected=$1 model=$2
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
spin "$@" -a "$model" > spin.log || { cat spin.log; exit 1; }
gcc -O2 -w -DSAFETY -DNOFAIR -DCOLLAPSE -DMEMLIM=3000 -DVECTORSZ=256 -o pan pan.c
./pan -m200000 -w22 -n > pan.log 2>&1 || true
grep -E "assertion violated|errors:|states, stored|reached|memory" pan.log
if grep -qE "max search depth too small|out of memory|memory limit" pan.log; then
  echo "the search did not finish"
  exit 1
fi
if grep -q "errors: 0" pan.log; then found=holds; else found=broken; fi
[ "$found" = "$expected" ] || { echo "expected: $expected, found: $found"; exit 1; }
