<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>engine</name>
    <message numerus="yes">
        <source>a file of at most {0} bytes</source>
        <translation>
            <numerusform>a file of at most {0} byte</numerusform>
            <numerusform>a file of at most {0} bytes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} bytes</source>
        <translation>
            <numerusform>{0} byte</numerusform>
            <numerusform>{0} bytes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} columns</source>
        <translation>
            <numerusform>at most {0} column</numerusform>
            <numerusform>at most {0} columns</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} fields in line {1}, as in the first</source>
        <translation>
            <numerusform>{0} field in line {1}, as in the first</numerusform>
            <numerusform>{0} fields in line {1}, as in the first</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} bytes in memory</source>
        <translation>
            <numerusform>at most {0} byte in memory</numerusform>
            <numerusform>at most {0} bytes in memory</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>1 to {0} axes</source>
        <translation>
            <numerusform>1 to {0} axis</numerusform>
            <numerusform>1 to {0} axes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a file of {0} bytes</source>
        <translation>
            <numerusform>a file of {0} byte</numerusform>
            <numerusform>a file of {0} bytes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} bytes</source>
        <translation>
            <numerusform>at most {0} byte</numerusform>
            <numerusform>at most {0} bytes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} bytes of data as its header says</source>
        <translation>
            <numerusform>{0} byte of data as its header says</numerusform>
            <numerusform>{0} bytes of data as its header says</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a label for each of {0} pictures</source>
        <translation>
            <numerusform>a label for {0} picture</numerusform>
            <numerusform>a label for each of {0} pictures</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} labels</source>
        <translation>
            <numerusform>{0} label</numerusform>
            <numerusform>{0} labels</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} pixels, as {1} has</source>
        <translation>
            <numerusform>{0} pixel, as {1} has</numerusform>
            <numerusform>{0} pixels, as {1} has</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} bytes of pixels</source>
        <translation>
            <numerusform>at most {0} byte of pixels</numerusform>
            <numerusform>at most {0} bytes of pixels</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at least {0} rows, a batch</source>
        <translation>
            <numerusform>at least {0} row, a batch</numerusform>
            <numerusform>at least {0} rows, a batch</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} bytes of them</source>
        <translation>
            <numerusform>{0} byte of them</numerusform>
            <numerusform>{0} bytes of them</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a header that cannot be read, or more than {0} axes</source>
        <translation>
            <numerusform>a header that cannot be read, or more than {0} axis</numerusform>
            <numerusform>a header that cannot be read, or more than {0} axes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} rows, as {1} has</source>
        <translation>
            <numerusform>{0} row, as {1} has</numerusform>
            <numerusform>{0} rows, as {1} has</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a picture of at most {0} pixels</source>
        <translation>
            <numerusform>a picture of at most {0} pixel</numerusform>
            <numerusform>a picture of at most {0} pixels</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>one for its {0} part, which has {1} rows</source>
        <translation>
            <numerusform>one for its {0} part, which has {1} row</numerusform>
            <numerusform>one for its {0} part, which has {1} rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} columns, as {1} has</source>
        <translation>
            <numerusform>{0} column, as {1} has</numerusform>
            <numerusform>{0} columns, as {1} has</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} arrays, one a column</source>
        <translation>
            <numerusform>{0} array, one a column</numerusform>
            <numerusform>{0} arrays, one a column</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>one mean, or one for each of {0} channels</source>
        <translation>
            <numerusform>one mean</numerusform>
            <numerusform>one mean, or one for each of {0} channels</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>one standard deviation, or one for each of {0} channels</source>
        <translation>
            <numerusform>one standard deviation</numerusform>
            <numerusform>one standard deviation, or one for each of {0} channels</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a project of at most {0} bytes</source>
        <translation>
            <numerusform>a project of at most {0} byte</numerusform>
            <numerusform>a project of at most {0} bytes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} bytes of text</source>
        <translation>
            <numerusform>{0} byte of text</numerusform>
            <numerusform>{0} bytes of text</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} nodes at most</source>
        <translation>
            <numerusform>{0} node at most</numerusform>
            <numerusform>{0} nodes at most</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} lists and objects within each other</source>
        <translation>
            <numerusform>at most {0} list or object</numerusform>
            <numerusform>at most {0} lists and objects within each other</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0}, which is used {1} times</source>
        <translation>
            <numerusform>{0}, which is used once</numerusform>
            <numerusform>{0}, which is used {1} times</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} numbers</source>
        <translation>
            <numerusform>{0} number</numerusform>
            <numerusform>{0} numbers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>the {0} bytes that were written</source>
        <translation>
            <numerusform>the {0} byte that was written</numerusform>
            <numerusform>the {0} bytes that were written</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} outputs instead of {1}</source>
        <translation>
            <numerusform>{0} output instead of {1}</numerusform>
            <numerusform>{0} outputs instead of {1}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} numbers instead of {1}</source>
        <translation>
            <numerusform>{0} number instead of {1}</numerusform>
            <numerusform>{0} numbers instead of {1}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>values for {0} parameters in {1}</source>
        <translation>
            <numerusform>values for {0} parameter in {1}</numerusform>
            <numerusform>values for {0} parameters in {1}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} entries that fit none ({1})</source>
        <translation>
            <numerusform>{0} entry that fits none ({1})</numerusform>
            <numerusform>{0} entries that fit none ({1})</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a body that gives a condition and {0} values</source>
        <translation>
            <numerusform>a body that gives a condition and {0} value</numerusform>
            <numerusform>a body that gives a condition and {0} values</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} rounds</source>
        <translation>
            <numerusform>at most {0} round</numerusform>
            <numerusform>at most {0} rounds</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a body for {0} inputs, some of which are scanned</source>
        <translation>
            <numerusform>a body for {0} input, which is scanned</numerusform>
            <numerusform>a body for {0} inputs, some of which are scanned</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} samples</source>
        <translation>
            <numerusform>{0} sample</numerusform>
            <numerusform>{0} samples</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a term for each of {0} inputs</source>
        <translation>
            <numerusform>a term for {0} input</numerusform>
            <numerusform>a term for each of {0} inputs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} elements along an axis that both have</source>
        <translation>
            <numerusform>{0} element along an axis that both have</numerusform>
            <numerusform>{0} elements along an axis that both have</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} parts</source>
        <translation>
            <numerusform>at most {0} part</numerusform>
            <numerusform>at most {0} parts</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} elements</source>
        <translation>
            <numerusform>at most {0} element</numerusform>
            <numerusform>at most {0} elements</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>square matrices of at most {0} rows</source>
        <translation>
            <numerusform>square matrices of at most {0} row</numerusform>
            <numerusform>square matrices of at most {0} rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} bytes for {1} in {2}</source>
        <translation>
            <numerusform>{0} byte for {1} in {2}</numerusform>
            <numerusform>{0} bytes for {1} in {2}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} outputs</source>
        <translation>
            <numerusform>{0} output</numerusform>
            <numerusform>{0} outputs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} nodes of graphs in others</source>
        <translation>
            <numerusform>at most {0} node of graphs in others</numerusform>
            <numerusform>at most {0} nodes of graphs in others</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} inputs</source>
        <translation>
            <numerusform>{0} input</numerusform>
            <numerusform>{0} inputs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a {0} as PyTorch has it, or at most {1} steps of sequences that are equally long</source>
        <translation>
            <numerusform>a {0} as PyTorch has it, or at most {1} step of sequences that are equally long</numerusform>
            <numerusform>a {0} as PyTorch has it, or at most {1} steps of sequences that are equally long</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} pairs of a size and a new one</source>
        <translation>
            <numerusform>at most {0} pair of a size and a new one</numerusform>
            <numerusform>at most {0} pairs of a size and a new one</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a scale or a size for each of {0} axes</source>
        <translation>
            <numerusform>a scale or a size for {0} axis</numerusform>
            <numerusform>a scale or a size for each of {0} axes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} samples</source>
        <translation>
            <numerusform>at most {0} sample</numerusform>
            <numerusform>at most {0} samples</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} updates of {1} numbers</source>
        <translation>
            <numerusform>{0} update of {1} numbers</numerusform>
            <numerusform>{0} updates of {1} numbers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>two numbers for each of {0} axes</source>
        <translation>
            <numerusform>two numbers for {0} axis</numerusform>
            <numerusform>two numbers for each of {0} axes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>sizes of at most {0} axes</source>
        <translation>
            <numerusform>sizes of at most {0} axis</numerusform>
            <numerusform>sizes of at most {0} axes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a range of at most {0} numbers</source>
        <translation>
            <numerusform>a range of at most {0} number</numerusform>
            <numerusform>a range of at most {0} numbers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a size for each of the {0} outputs</source>
        <translation>
            <numerusform>a size for the only output</numerusform>
            <numerusform>a size for each of the {0} outputs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} copies along an axis beside open ones</source>
        <translation>
            <numerusform>at most {0} copy along an axis beside open ones</numerusform>
            <numerusform>at most {0} copies along an axis beside open ones</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>one of {0} bytes in a file of {1}</source>
        <translation>
            <numerusform>one of {0} byte in a file of {1}</numerusform>
            <numerusform>one of {0} bytes in a file of {1}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} bytes of tensors</source>
        <translation>
            <numerusform>{0} byte of tensors</numerusform>
            <numerusform>{0} bytes of tensors</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} to {1} whole numbers {2}</source>
        <translation>
            <numerusform>{0} to {1} whole number {2}</numerusform>
            <numerusform>{0} to {1} whole numbers {2}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} to {1} numbers {2}</source>
        <translation>
            <numerusform>{0} to {1} number {2}</numerusform>
            <numerusform>{0} to {1} numbers {2}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a text of one line and at most {0} bytes</source>
        <translation>
            <numerusform>a text of one line and at most {0} byte</numerusform>
            <numerusform>a text of one line and at most {0} bytes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>one weight for each of the {0} classes</source>
        <translation>
            <numerusform>one weight for the only class</numerusform>
            <numerusform>one weight for each of the {0} classes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a divisor of the {0} channels that come in</source>
        <translation>
            <numerusform>a divisor of the {0} channel that comes in</numerusform>
            <numerusform>a divisor of the {0} channels that come in</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>pictures of at least {0} × {1} pixels</source>
        <translation>
            <numerusform>pictures of at least {0} × {1} pixels</numerusform>
            <numerusform>pictures of at least {0} × {1} pixels</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} numbers, or one for all</source>
        <translation>
            <numerusform>{0} number</numerusform>
            <numerusform>{0} numbers, or one for all</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a divisor of the {0} channels of the weight</source>
        <translation>
            <numerusform>a divisor of the {0} channel of the weight</numerusform>
            <numerusform>a divisor of the {0} channels of the weight</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a weight for {0} channels</source>
        <translation>
            <numerusform>a weight for {0} channel</numerusform>
            <numerusform>a weight for {0} channels</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a weight for {0} channels in {1} groups</source>
        <translation>
            <numerusform>a weight for {0} channel in {1} groups</numerusform>
            <numerusform>a weight for {0} channels in {1} groups</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a weight of {0} axes</source>
        <translation>
            <numerusform>a weight of {0} axis</numerusform>
            <numerusform>a weight of {0} axes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} axes</source>
        <translation>
            <numerusform>at most {0} axis</numerusform>
            <numerusform>at most {0} axes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} axes in all</source>
        <translation>
            <numerusform>at most {0} axis in all</numerusform>
            <numerusform>at most {0} axes in all</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a divisor of the {0} channels</source>
        <translation>
            <numerusform>a divisor of the {0} channel</numerusform>
            <numerusform>a divisor of the {0} channels</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} names, one for each size in shape</source>
        <translation>
            <numerusform>at most {0} name, one for each size in shape</numerusform>
            <numerusform>at most {0} names, one for each size in shape</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} axes or more</source>
        <translation>
            <numerusform>{0} axis or more</numerusform>
            <numerusform>{0} axes or more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} rows, as many as {1} has columns</source>
        <translation>
            <numerusform>{0} row, as many as {1} has columns</numerusform>
            <numerusform>{0} rows, as many as {1} has columns</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at least {0} elements along axis {1}</source>
        <translation>
            <numerusform>at least {0} element along axis {1}</numerusform>
            <numerusform>at least {0} elements along axis {1}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>less than the {0} elements of axis {1}</source>
        <translation>
            <numerusform>less than the {0} element of axis {1}</numerusform>
            <numerusform>less than the {0} elements of axis {1}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>each of the {0} axes of {1}</source>
        <translation>
            <numerusform>the only axis of {1}</numerusform>
            <numerusform>each of the {0} axes of {1}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} axes</source>
        <translation>
            <numerusform>{0} axis</numerusform>
            <numerusform>{0} axes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} numbers, or {1} with those of the ends</source>
        <translation>
            <numerusform>{0} number, or {1} with those of the ends</numerusform>
            <numerusform>{0} numbers, or {1} with those of the ends</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} channels (batch, channels, ...)</source>
        <translation>
            <numerusform>{0} channel (batch, channels, ...)</numerusform>
            <numerusform>{0} channels (batch, channels, ...)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>sizes that divide the {0} elements of {1}</source>
        <translation>
            <numerusform>sizes that divide the {0} element of {1}</numerusform>
            <numerusform>sizes that divide the {0} elements of {1}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a divisor of the {0} features of {1}</source>
        <translation>
            <numerusform>a divisor of the {0} feature of {1}</numerusform>
            <numerusform>a divisor of the {0} features of {1}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at least the {0} axes of {1}</source>
        <translation>
            <numerusform>at least the {0} axis of {1}</numerusform>
            <numerusform>at least the {0} axes of {1}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most the {0} elements of axis {1}</source>
        <translation>
            <numerusform>at most the {0} element of axis {1}</numerusform>
            <numerusform>at most the {0} elements of axis {1}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>nearest, or what goes with {0} axes: linear for 1, bilinear or bicubic for 2, trilinear for 3</source>
        <translation>
            <numerusform>nearest, or what goes with {0} axis: linear for 1, bilinear or bicubic for 2, trilinear for 3</numerusform>
            <numerusform>nearest, or what goes with {0} axes: linear for 1, bilinear or bicubic for 2, trilinear for 3</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at most {0} places, as the table has</source>
        <translation>
            <numerusform>at most {0} place, as the table has</numerusform>
            <numerusform>at most {0} places, as the table has</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} inputs at most</source>
        <translation>
            <numerusform>{0} input at most</numerusform>
            <numerusform>{0} inputs at most</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} nodes at most, with those of blocks</source>
        <translation>
            <numerusform>{0} node at most, with those of blocks</numerusform>
            <numerusform>{0} nodes at most, with those of blocks</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>a score for each of {0} classes</source>
        <translation>
            <numerusform>a score for {0} class</numerusform>
            <numerusform>a score for each of {0} classes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>let {0} have {1} outputs</source>
        <translation>
            <numerusform>let {0} have {1} output</numerusform>
            <numerusform>let {0} have {1} outputs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>0 to {0} threads</source>
        <translation>
            <numerusform>0 to {0} thread</numerusform>
            <numerusform>0 to {0} threads</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} threads</source>
        <translation>
            <numerusform>{0} thread</numerusform>
            <numerusform>{0} threads</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at least {0} rows, one for each class number of {1}</source>
        <translation>
            <numerusform>at least {0} row, one for each class number of {1}</numerusform>
            <numerusform>at least {0} rows, one for each class number of {1}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>at least {0} scores, one for each class of {1}</source>
        <translation>
            <numerusform>at least {0} score, one for each class of {1}</numerusform>
            <numerusform>at least {0} scores, one for each class of {1}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} MiB of memory for steps of {1} samples</source>
        <translation>
            <numerusform>{0} MiB of memory for steps of {1} sample</numerusform>
            <numerusform>{0} MiB of memory for steps of {1} samples</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>run</name>
    <message numerus="yes">
        <source>%n epochs</source>
        <translation>
            <numerusform>%n epoch</numerusform>
            <numerusform>%n epochs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Ready. %1 steps</source>
        <translation>
            <numerusform>Ready. %1 step</numerusform>
            <numerusform>Ready. %1 steps</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui</name>
    <message numerus="yes">
        <source>%1 numbers</source>
        <translation>
            <numerusform>%1 number</numerusform>
            <numerusform>%1 numbers</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::BindingSection</name>
    <message numerus="yes">
        <source>, %n classes</source>
        <translation>
            <numerusform>, %n class</numerusform>
            <numerusform>, %n classes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::BlockPage</name>
    <message numerus="yes">
        <source>A block; edits hold for all %n uses</source>
        <translation>
            <numerusform>A block, used once</numerusform>
            <numerusform>A block; edits hold for all %n uses</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::CanvasView</name>
    <message numerus="yes">
        <source>Let go to cut %n wires.</source>
        <translation>
            <numerusform>Let go to cut the wire.</numerusform>
            <numerusform>Let go to cut %n wires.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::ComparisonPanel</name>
    <message numerus="yes">
        <source>%n samples</source>
        <translation>
            <numerusform>%n sample</numerusform>
            <numerusform>%n samples</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::CostBars</name>
    <message numerus="yes">
        <source>%1 parameters, %2</source>
        <translation>
            <numerusform>%1 parameter, %2</numerusform>
            <numerusform>%1 parameters, %2</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::DeviceSetting</name>
    <message numerus="yes">
        <source>%n threads</source>
        <translation>
            <numerusform>%n thread</numerusform>
            <numerusform>%n threads</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::DifferenceWords</name>
    <message numerus="yes">
        <source>%n nodes</source>
        <translation>
            <numerusform>%n node</numerusform>
            <numerusform>%n nodes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::Edits</name>
    <message numerus="yes">
        <source>Paste %n layers</source>
        <translation>
            <numerusform>Paste layer</numerusform>
            <numerusform>Paste %n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Duplicate %n layers</source>
        <translation>
            <numerusform>Duplicate layer</numerusform>
            <numerusform>Duplicate %n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Disconnect %n wires</source>
        <translation>
            <numerusform>Disconnect wire</numerusform>
            <numerusform>Disconnect %n wires</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Move %n layers</source>
        <translation>
            <numerusform>Move layer</numerusform>
            <numerusform>Move %n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Lay out %n layers</source>
        <translation>
            <numerusform>Lay out layer</numerusform>
            <numerusform>Lay out %n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Delete %n wires</source>
        <translation>
            <numerusform>Delete wire</numerusform>
            <numerusform>Delete %n wires</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Delete %n layers</source>
        <translation>
            <numerusform>Delete layer</numerusform>
            <numerusform>Delete %n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Delete %n layers and join</source>
        <translation>
            <numerusform>Delete layer and join</numerusform>
            <numerusform>Delete %n layers and join</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Align %n layers</source>
        <translation>
            <numerusform>Align layer</numerusform>
            <numerusform>Align %n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Distribute %n layers</source>
        <translation>
            <numerusform>Distribute layer</numerusform>
            <numerusform>Distribute %n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Let %n layers work again</source>
        <translation>
            <numerusform>Let layer work again</numerusform>
            <numerusform>Let %n layers work again</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Bypass %n layers</source>
        <translation>
            <numerusform>Bypass layer</numerusform>
            <numerusform>Bypass %n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Mute %n layers</source>
        <translation>
            <numerusform>Mute layer</numerusform>
            <numerusform>Mute %n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Let %n layers learn</source>
        <translation>
            <numerusform>Let layer learn</numerusform>
            <numerusform>Let %n layers learn</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Freeze %n layers</source>
        <translation>
            <numerusform>Freeze layer</numerusform>
            <numerusform>Freeze %n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Fold %n layers</source>
        <translation>
            <numerusform>Fold layer</numerusform>
            <numerusform>Fold %n layers</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::EvaluatePlace</name>
    <message numerus="yes">
        <source>over %n classes</source>
        <translation>
            <numerusform>over %n class</numerusform>
            <numerusform>over %n classes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 samples a second</source>
        <translation>
            <numerusform>%1 sample a second</numerusform>
            <numerusform>%1 samples a second</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::FieldRow</name>
    <message numerus="yes">
        <source>%n numbers</source>
        <translation>
            <numerusform>%n number</numerusform>
            <numerusform>%n numbers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 to %n numbers</source>
        <translation>
            <numerusform>%1 to %n number</numerusform>
            <numerusform>%1 to %n numbers</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::Files</name>
    <message numerus="yes">
        <source>%n of its %1 nodes cannot be calculated here; they keep their places, and go out again with an export.</source>
        <translation>
            <numerusform>One of its %1 nodes cannot be calculated here; it keeps its place, and goes out again with an export.</numerusform>
            <numerusform>%n of its %1 nodes cannot be calculated here; they keep their places, and go out again with an export.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::HelpSheet</name>
    <message numerus="yes">
        <source>%n threads, %1 instructions</source>
        <translation>
            <numerusform>%n thread, %1 instructions</numerusform>
            <numerusform>%n threads, %1 instructions</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>A block of %n layers: %1.</source>
        <translation>
            <numerusform>A block of one layer: %1.</numerusform>
            <numerusform>A block of %n layers: %1.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::Hero</name>
    <message numerus="yes">
        <source>%1. %2 parameters. The data are here already.</source>
        <translation>
            <numerusform>%1. %2 parameter. The data are here already.</numerusform>
            <numerusform>%1. %2 parameters. The data are here already.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::Inspector</name>
    <message numerus="yes">
        <source>%n nodes</source>
        <translation>
            <numerusform>%n node</numerusform>
            <numerusform>%n nodes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::LayerPalette</name>
    <message numerus="yes">
        <source>Search %n layers</source>
        <translation>
            <numerusform>Search %n layer</numerusform>
            <numerusform>Search %n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1, %n layers</source>
        <translation>
            <numerusform>%1, %n layer</numerusform>
            <numerusform>%1, %n layers</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::Log</name>
    <message numerus="yes">
        <source>Finished after %1 steps, %2 of computing</source>
        <translation>
            <numerusform>Finished after %1 step, %2 of computing</numerusform>
            <numerusform>Finished after %1 steps, %2 of computing</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::MainWindow</name>
    <message numerus="yes">
        <source>It was written for %n samples at once; the project takes any number</source>
        <translation>
            <numerusform>It was written for %n sample at once; the project takes any number</numerusform>
            <numerusform>It was written for %n samples at once; the project takes any number</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::NetworkDiff</name>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::NodeLook</name>
    <message numerus="yes">
        <source>%n numbers</source>
        <translation>
            <numerusform>%n number</numerusform>
            <numerusform>%n numbers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 params</source>
        <translation>
            <numerusform>%1 param</numerusform>
            <numerusform>%1 params</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 outputs</source>
        <translation>
            <numerusform>%1 output</numerusform>
            <numerusform>%1 outputs</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::OutlineModel</name>
    <message numerus="yes">
        <source>%1 params</source>
        <translation>
            <numerusform>%1 param</numerusform>
            <numerusform>%1 params</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in frames %1</source>
        <translation>
            <numerusform>in frame %1</numerusform>
            <numerusform>in frames %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::OutlinePanel</name>
    <message numerus="yes">
        <source>%n nodes</source>
        <translation>
            <numerusform>%n node</numerusform>
            <numerusform>%n nodes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::PictureGrid</name>
    <message numerus="yes">
        <source>%n samples</source>
        <translation>
            <numerusform>%n sample</numerusform>
            <numerusform>%n samples</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 more</source>
        <translation>
            <numerusform>%1 more</numerusform>
            <numerusform>%1 more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::PreviewPicture</name>
    <message numerus="yes">
        <source>%n samples</source>
        <translation>
            <numerusform>%n sample</numerusform>
            <numerusform>%n samples</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %n maps</source>
        <translation>
            <numerusform>%1 of %n map</numerusform>
            <numerusform>%1 of %n maps</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n numbers of one sample</source>
        <translation>
            <numerusform>%n number of one sample</numerusform>
            <numerusform>%n numbers of one sample</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::ProblemsPanel</name>
    <message numerus="yes">
        <source>%n problems</source>
        <translation>
            <numerusform>%n problem</numerusform>
            <numerusform>%n problems</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>, %n hints</source>
        <translation>
            <numerusform>, %n hint</numerusform>
            <numerusform>, %n hints</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::ProfilePanel</name>
    <message numerus="yes">
        <source>%n steps</source>
        <translation>
            <numerusform>%n step</numerusform>
            <numerusform>%n steps</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n threads</source>
        <translation>
            <numerusform>%n thread</numerusform>
            <numerusform>%n threads</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::QuickAdd</name>
    <message numerus="yes">
        <source>%n layers</source>
        <translation>
            <numerusform>%n layer</numerusform>
            <numerusform>%n layers</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::RecipePanel</name>
    <message numerus="yes">
        <source>%n phases, one after the other</source>
        <translation>
            <numerusform>%n phase</numerusform>
            <numerusform>%n phases, one after the other</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 rows to train</source>
        <translation>
            <numerusform>%1 row to train</numerusform>
            <numerusform>%1 rows to train</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n classes</source>
        <translation>
            <numerusform>%n class</numerusform>
            <numerusform>%n classes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 steps an epoch, %2 in all</source>
        <translation>
            <numerusform>%1 step an epoch, %2 in all</numerusform>
            <numerusform>%1 steps an epoch, %2 in all</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>all %1 rows</source>
        <translation>
            <numerusform>the only row</numerusform>
            <numerusform>all %1 rows</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::ReplacePanel</name>
    <message numerus="yes">
        <source>%n layers</source>
        <translation>
            <numerusform>%n layer</numerusform>
            <numerusform>%n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Replace %n layers</source>
        <translation>
            <numerusform>Replace %n layer</numerusform>
            <numerusform>Replace %n layers</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::SpeedPanel</name>
    <message numerus="yes">
        <source>Speed: %1 samples a second</source>
        <translation>
            <numerusform>Speed: %1 sample a second</numerusform>
            <numerusform>Speed: %1 samples a second</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::StatusFacts</name>
    <message numerus="yes">
        <source>%1 parameters</source>
        <translation>
            <numerusform>%1 parameter</numerusform>
            <numerusform>%1 parameters</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::TemplateCard</name>
    <message numerus="yes">
        <source>%1 parameters</source>
        <translation>
            <numerusform>%1 parameter</numerusform>
            <numerusform>%1 parameters</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::WeightsImport</name>
    <message numerus="yes">
        <source>The next run begins with %1 of %n weights from %2; the others begin as the seed draws them.</source>
        <translation>
            <numerusform>The next run begins with %1 of %n weight from %2; the others begin as the seed draws them.</numerusform>
            <numerusform>The next run begins with %1 of %n weights from %2; the others begin as the seed draws them.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ui::WelcomePage</name>
    <message numerus="yes">
        <source>%n changes are kept, %1.</source>
        <translation>
            <numerusform>One change is kept, %1.</numerusform>
            <numerusform>%n changes are kept, %1.</numerusform>
        </translation>
    </message>
</context>
</TS>
