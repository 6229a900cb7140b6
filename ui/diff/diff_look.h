// What stands for new, gone and changed: a colour, and a sign, so that they differ by more than that.
#pragma once
#include <QColor>
#include <QString>

#include "ui/diff/network_diff.h"
#include "ui/theme/theme.h"

namespace ui {

inline QColor diffColor(DiffKind kind) {
  const auto& state = theme().state;
  return kind == DiffKind::added ? state.success : kind == DiffKind::removed ? state.problem : state.warning;
}

inline QString diffSign(DiffKind kind) {
  return kind == DiffKind::added ? QStringLiteral("+") : kind == DiffKind::removed ? QStringLiteral("–") : QStringLiteral("~");
}

}  // namespace ui
