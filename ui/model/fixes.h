// What a click on a problem's fix does to the document.
#pragma once
#include "ui/model/project.h"

namespace ui {

// Whether the problem brings edits that mend it.
inline bool canFix(const engine::Problem& problem) { return !problem.edits.empty(); }
// The words of the link: "Put a Flatten before it".
QString fixText(const engine::Problem& problem);
// What they do in a few words, for a button beside the longer ones: "Switch same on".
QString editText(const engine::Problem& problem);
// Makes the edits of one of project.problems() as one undo step, where they belong, which is shown then. False where they no longer fit the
// document; it is then as it was, and the project has told why.
bool applyFix(Project& project, const engine::Problem& problem);
// The same for one of project.problemsInView().
bool applyFixInView(Project& project, const engine::Problem& problem);
// No phase of the recipe has a larger batch.
engine::Done limitBatch(engine::document::Transaction& t, int64_t most);

}  // namespace ui
