#include "ui/inspector/what_follows.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "ui/model/node_figures.h"
#include "ui/model/text.h"
#include "ui/theme/style.h"

namespace ui {

namespace {

// "288 + 32 = 320", each with its shape in the tool tip.
constexpr qsizetype kTipLines = 24;
struct Parameters {
  QString text, tip;
};
Parameters parametersOf(const engine::NodeInference& node) {
  QStringList terms, tips;
  double total = 0;
  for (const engine::StoredInfo& stored : node.stored) {
    const int64_t count = stored.shape.elements();
    tips << QString("%1: %2%3").arg(qt(stored.name), textOf(stored.shape), stored.trained ? QString() : QCoreApplication::translate("ui::WhatFollows", ", kept, not trained"));
    if (!stored.trained || count < 0) continue;
    total += double(count);
    terms << countText(double(count));
  }
  if (terms.isEmpty()) return {node.stored.empty() ? QCoreApplication::translate("ui::WhatFollows", "none") : QString("0"), tips.join('\n')};
  constexpr int kTermsShown = 6;  // of a block there may be hundreds: the tool tip has them
  if (terms.size() > kTermsShown) return {countText(total), (tips.size() > kTipLines ? tips.mid(0, kTipLines) << "..." : tips).join('\n')};
  return {terms.size() > 1 ? countText(total) + " = " + terms.join(" + ") : terms.first(), tips.join('\n')};
}

}  // namespace

WhatFollows::WhatFollows(QWidget* parent) : QWidget(parent), batch_(new QLabel(this)), grid_(new QGridLayout) {
  auto* title = new QLabel(tr("What follows"), this);
  title->setFont(ui::font(FontSize::small, QFont::DemiBold));
  batch_->setFont(ui::font(FontSize::caption));
  batch_->setProperty("tone", "secondary");
  auto* line = new QHBoxLayout;
  line->addWidget(title, 1);
  line->addWidget(batch_);
  grid_->setContentsMargins(0, 0, 0, 0);
  grid_->setVerticalSpacing(6);
  grid_->setColumnStretch(1, 1);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(8);
  column->addLayout(line);
  column->addLayout(grid_);
}

void WhatFollows::put(int row, const QString& name, const QString& value, const QString& tip, bool strong) {
  while (rows_.size() <= row) {
    auto* label = new QLabel(this);
    auto* text = new QLabel(this);
    label->setProperty("tone", "secondary");
    label->setFont(ui::font(FontSize::small));
    text->setAlignment(Qt::AlignRight);
    text->setWordWrap(true);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    grid_->addWidget(label, int(rows_.size()), 0, Qt::AlignTop);
    grid_->addWidget(text, int(rows_.size()), 1);
    rows_ << std::pair(label, text);
  }
  const auto [label, text] = rows_[row];
  label->setText(name);
  text->setText(value);
  text->setObjectName("follows." + name);
  text->setAccessibleName(name.isEmpty() ? QString("-") : name);
  text->setFont(ui::font(FontSize::small, strong ? QFont::Medium : QFont::Normal));
  text->setToolTip(tip);
  label->show();
  text->show();
}

void WhatFollows::show(const Project& project, engine::NodeId id) {
  int row = 0;
  const auto index = project.shown().indexOf(id);
  if (index && *index < project.inference().nodes.size()) {
    const engine::Inference& inference = project.inference();
    const engine::Node& node = project.network().nodes[*index];
    const engine::NodeInference& follows = inference.nodes[*index];
    const engine::Info& info = node.op.type().info;
    const int64_t batch = project.document().recipe().phases.front().batch;
    batch_->setText(tr("batch %1").arg(countText(double(batch))));
    for (size_t i = 0; i < node.inputs.size() || i < info.inputs.size(); ++i) {
      const engine::Value from = i < node.inputs.size() ? node.inputs[i] : engine::Value{};
      const QString port = i < info.inputs.size() ? QString(info.inputs[i].name) : QString();
      const auto* outputs = from ? &inference.nodes[size_t(from.node)].outputs : nullptr;
      const QString shape = outputs && size_t(from.output) < outputs->size() ? textOf((*outputs)[size_t(from.output)].shape) : QString();
      put(row++, info.inputs.size() > 1 && !port.isEmpty() ? tr("Input %1").arg(port) : tr("Input"),
          !from ? tr("not connected") : shape.isEmpty() ? tr("unknown") : shape, i < info.inputs.size() ? engineText(info.inputs[i].about) : QString());
    }
    for (size_t o = 0; o < follows.outputs.size(); ++o) {
      const engine::Shape& shape = follows.outputs[o].shape;
      const QString text = textOf(shape);
      put(row++, follows.outputs.size() > 1 && o < info.outputs.size() ? tr("Output %1").arg(info.outputs[o].name) : tr("Output"),
          text.isEmpty() ? tr("unknown") : text, o < info.outputs.size() ? engineText(info.outputs[o].about) : QString(), true);
    }
    const Parameters parameters = parametersOf(follows);
    put(row++, tr("Parameters"), parameters.text, parameters.tip);
    FigureFinder finder(project.network(), inference, FigureOptions::of(project.document()));
    if (const double bytes = finder.givenBytes(*index); bytes > 0) put(row++, tr("Memory"), bytesText(bytes), tr("Of what it gives out, for one batch."));
    if (const double flops = finder.of(*index).flops; flops > 0 && batch > 0)
      put(row++, tr("Arithmetic"), tr("%1 a sample").arg(flopText(flops / double(batch))), tr("Forward; a multiplication and an addition are two operations."));
  }
  for (; row < rows_.size(); ++row) rows_[row].first->hide(), rows_[row].second->hide();
}

}  // namespace ui
