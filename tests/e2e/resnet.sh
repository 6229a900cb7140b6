#!/bin/bash
# A ResNet by hand, from the empty canvas: a residual block drawn, folded and repeated, a second stage from the library, the head,
# the data; trained and exported. In fewer gestures than the limit below: each key, word, click and drag is one.
#
#   resnet.sh NETWRIGHT NETW [FOLDER]    FOLDER (build/e2e/resnet) gets a screenshot of each place on the way
set -- "$1" "$2" "${3:-build/e2e/resnet}"
source "$(dirname "$0")/hands.sh"
readonly mostGestures=60

"$netw" data fashion-mnist >/dev/null 2>&1 || { echo "skipped: fashion-mnist is not here"; exit 77; }

# The nodes of the project itself, without those of its blocks.
isOf() {
  xdotool windowactivate --sync "$window"
  xdotool key --clearmodifiers --delay 30 ctrl+s
  [ "$(tr -d ' \n' <"$project" | sed 's/"blocks":.*//' | grep -oP '"type":"[A-Z]' | wc -l)" = "$1" ]
}
nodes=0
# What is selected feeds what is added.
add() {
  nodes=$((nodes + 1))
  key slash
  type_ "$1"
  key Return
  until_ "$1 on the canvas" isOf $nodes
}
field() {  # the first one of what is selected; Enter leads back to the canvas
  key Return
  type_ "$1"
  key Return
}

start
until_ "the first page" titleIs "Netwright"
key ctrl+n
until_ "an empty canvas" titleIs "Untitled - Netwright"
key ctrl+s
until_ "the question for a name" xdotool search --onlyvisible --name "Save the project"
type_ "$project"
key Return
until_ "the file" test -s "$project"
gestures=0  # from here on something is drawn

click 660 400
add Target
key Escape
add Input
add ConvNormAct
field 16
add ConvNormAct
field 16
add ConvNorm
field 16
add Add
add ReLU
# The way around: from the output of the first to the second input of the sum.
shot branch
drag 342 406 799 462
saved '"input":1'
# All but the input and the first, folded into one, three in a row.
drag 362 360 1150 440
key ctrl+shift+g
nodes=4
until_ "the block" isOf 4
shot folded
field 3
saved '"repeat":3'
add ResidualDown
add AdaptiveAvgPool2d
add Flatten
add Linear
field 10
add CrossEntropyLoss  # which takes the Target that fits
key ctrl+shift+a Home
[ $gestures -lt $mostGestures ] || fail "it took $gestures gestures"
built=$gestures
sleep 1
shot drawn
"$netw" check "$project" >"$work/check" || fail "netw finds fault with it: $(cat "$work/check")"
grep -q 'block.2.conv_norm.conv' "$work/check" || fail "the block does not stand three times in a row: $(cat "$work/check")"

key ctrl+r
click 1362 172  # the data's source
type_ fashion
key Return
saved '"source":"fashion-mnist"'
key ctrl+r Tab Tab  # batch, epochs, steps
type_ 40
key Return
saved '"steps":40'
key ctrl+Return
run=$work/mine.runs/0001
until_ "the run" test -s "$run/log.jsonl"
shot training
until_ "its end" grep -q '"state": "finished"' "$run/run.json"
until_ "what it is worth" grep -q '"test"' "$run/run.json"
sleep 1  # the window hears of it a moment later
shot trained
click 660 300
key ctrl+e
sleep 1
key ctrl+a
type_ "$work/mine.onnx"
key Tab Tab space
until_ "the exported file" test -s "$work/mine.onnx"
shot exported
mkdir "$work/netw"
"$netw" export "$run" "$work/netw/mine.onnx" >"$work/export" 2>&1 || fail "netw export: $(cat "$work/export")"
cmp "$work/mine.onnx" "$work/netw/mine.onnx" || fail "netw exports another file"
echo "passed; built in $built gestures, trained and exported in $gestures"
