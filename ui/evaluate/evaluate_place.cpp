#include "ui/evaluate/evaluate_place.h"

#include <QFrame>
#include <QGridLayout>
#include <QLabel>
#include <QScrollArea>
#include <QTabBar>
#include <QVBoxLayout>

#include "ui/widgets/line.h"
#include "ui/evaluate/class_table.h"
#include "ui/evaluate/confusion_view.h"
#include "ui/evaluate/export_panel.h"
#include "ui/evaluate/picture_grid.h"
#include "ui/model/text.h"
#include "ui/shell/key_book.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {

QLabel* text(const QString& words, FontSize size, QFont::Weight weight, const char* tone, QWidget* parent) {
  auto* label = new QLabel(words, parent);
  label->setFont(font(size, weight));
  if (tone[0]) label->setProperty("tone", tone);
  return label;
}

}  // namespace

EvaluatePlace::EvaluatePlace(Project& project, Training& training, QWidget* parent)
    : QWidget(parent), evaluation_(project, training), training_(training) {
  setObjectName("place.evaluate");
  setProperty("surface", "panel");
  setAttribute(Qt::WA_StyledBackground);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);

  auto* centre = new QWidget(this);
  auto* column = new QVBoxLayout(centre);
  column->setContentsMargins(24, 20, 24, 16);
  column->setSpacing(16);
  auto* head = new QHBoxLayout;
  heading_ = text(tr("Test set"), FontSize::title, QFont::DemiBold, "", centre);
  from_ = text({}, FontSize::body, QFont::Normal, "secondary", centre);
  head->addWidget(heading_);
  head->addSpacing(12);
  head->addWidget(from_);
  head->addStretch(1);
  column->addLayout(head);
  empty_ = text({}, FontSize::body, QFont::Normal, "secondary", centre);
  empty_->setObjectName("evaluate.empty");
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setWordWrap(true);
  column->addWidget(empty_, 1);

  report_ = new QWidget(centre);
  auto* body = new QVBoxLayout(report_);
  body->setContentsMargins(0, 0, 0, 0);
  body->setSpacing(16);
  body->addWidget(makeFigures());
  body->addWidget(lineOf(report_));
  auto* halves = new QHBoxLayout;
  halves->setSpacing(32);
  auto* left = new QVBoxLayout;
  left->setSpacing(4);
  auto* title = new QHBoxLayout;
  title->addWidget(text(tr("Confusion"), FontSize::body, QFont::DemiBold, "", report_));
  title->addStretch(1);
  title->addWidget(text(tr("rows: what it is; columns: what the network says"), FontSize::small, QFont::Normal, "secondary", report_));
  left->addLayout(title);
  confusion_ = new ConfusionView(report_);
  left->addWidget(confusion_, 1);
  auto* right = new QVBoxLayout;
  right->setSpacing(4);
  right->addWidget(text(tr("By class"), FontSize::body, QFont::DemiBold, "", report_));
  classes_ = new ClassTable(report_);
  auto* scroll = new QScrollArea(report_);
  scroll->setWidget(classes_);
  classes_->setAutoFillBackground(false);  // setWidget() has turned it on
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->viewport()->setAutoFillBackground(false);
  scroll->setFocusPolicy(Qt::NoFocus);
  right->addWidget(scroll, 1);
  halves->addLayout(left, 4);
  halves->addLayout(right, 3);
  body->addLayout(halves, 3);
  tabs_ = new QTabBar(report_);
  tabs_->setObjectName("evaluate.tabs");
  tabs_->setAccessibleName(tr("Which samples"));
  tabs_->setExpanding(false);
  tabs_->setProperty("flush", true);
  tabs_->addTab({});
  tabs_->addTab({});
  body->addWidget(tabs_);
  pictures_ = new PictureGrid(evaluation_, report_);
  body->addWidget(pictures_, 2);
  column->addWidget(report_, 1);
  row->addWidget(centre, 1);

  auto* border = new QFrame(this);
  border->setProperty("kind", "line");
  border->setFixedWidth(1);
  row->addWidget(border);
  export_ = new ExportPanel(project, training, this);
  export_->setFixedWidth(size::inspectorWidth + 32);
  row->addWidget(export_);

  connect(&evaluation_, &Evaluation::changed, this, &EvaluatePlace::refresh);
  connect(&keyWatcher(), &KeyWatcher::changed, this, &EvaluatePlace::refresh);
  connect(confusion_, &ConfusionView::chosen, this, &EvaluatePlace::showCell);
  connect(classes_, &ClassTable::chosen, this, [this](int label) { confusion_->select(label, label); });
  connect(tabs_, &QTabBar::currentChanged, this, [this](int tab) {
    if (evaluation_.state() != Evaluation::State::there) return;
    const QPoint cell = confusion_->selected();
    if (tab == 1 || cell.x() < 0) showMistakes();
    else showCell(cell.y(), cell.x());
  });
  connect(&training, &Training::stateChanged, this, [this] {
    if (isVisible()) evaluation_.refresh();
  });
  connect(&project, &Project::replaced, this, [this] {
    if (isVisible()) evaluation_.refresh();
  });
  refresh();
}

QWidget* EvaluatePlace::makeFigures() {
  auto* row = new QWidget(report_);
  auto* line = new QHBoxLayout(row);
  line->setContentsMargins(0, 0, 0, 0);
  const auto add = [&](const QString& name, Figure& figure) {
    auto* column = new QVBoxLayout;
    column->setSpacing(2);
    column->addWidget(text(name, FontSize::small, QFont::Normal, "secondary", row));
    figure.value = text({}, FontSize::heading, QFont::DemiBold, "", row);
    figure.value->setAccessibleName(name);
    figure.about = text({}, FontSize::small, QFont::Normal, "secondary", row);
    column->addWidget(figure.value);
    column->addWidget(figure.about);
    line->addLayout(column, 1);
  };
  add(tr("Accuracy"), accuracy_);
  add(tr("Loss"), loss_);
  add(tr("Mean F1"), f1_);
  add(tr("Calibration"), calibration_);
  add(tr("Speed"), speed_);
  accuracy_.value->setObjectName("evaluate.accuracy");
  return row;
}

void EvaluatePlace::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  evaluation_.refresh();
}

void EvaluatePlace::refresh() {
  const bool there = evaluation_.state() == Evaluation::State::there;
  report_->setVisible(there);
  empty_->setVisible(!there);
  from_->setText(there ? evaluation_.source() : QString());
  if (!there) {
    confusion_->show(nullptr);
    classes_->show(nullptr);
    pictures_->show({});
    switch (evaluation_.state()) {
      case Evaluation::State::working: empty_->setText(tr("Looking at every sample...")); break;
      case Evaluation::State::failed: empty_->setText(tr("It could not be evaluated: %1").arg(evaluation_.problem())); break;
      default: empty_->setText(training_.isActive() ? evaluation_.problem() : evaluation_.problem() + "\n" + tr("Train the network%1; then its answers to pictures that it never saw are here.").arg(keyInBrackets("train.start")));
    }
    return;
  }
  const auto& j = evaluation_.judgement();
  heading_->setText(j.evaluation.part == engine::data::Part::test ? tr("Test set") : j.evaluation.part == engine::data::Part::validation ? tr("Validation set") : tr("Training set"));
  int64_t right = 0;
  for (int c = 0; c < j.classCount(); ++c) right += j.count(c, c);
  accuracy_.value->setText(tr("%1 %").arg(100.0 * double(right) / double(j.answers.size()), 0, 'f', 2));
  accuracy_.about->setText(tr("%1 of %2").arg(countText(double(right)), countText(double(j.answers.size()))));
  loss_.value->setText(QString::number(j.evaluation.loss, 'f', 4));
  loss_.about->setText(tr("mean over the samples"));
  f1_.value->setText(QString::number(j.meanF1(), 'f', 3));
  f1_.about->setText(tr("over %n classes", nullptr, int(j.classCount())));
  calibration_.value->setText(tr("%1 %").arg(100 * j.calibrationError(), 0, 'f', 1));
  calibration_.about->setText(tr("expected error of its certainty"));
  const double seconds = evaluation_.seconds();
  speed_.value->setText(seconds < 0.1 ? tr("%1 ms").arg(1e3 * seconds, 0, 'f', 1) : tr("%1 s").arg(seconds, 0, 'f', 2));
  const double speed = std::round(double(j.answers.size()) / std::max(evaluation_.seconds(), 1e-3));
  speed_.about->setText(tr("%1 samples a second", nullptr, plural(speed)).arg(countText(speed)));
  confusion_->show(&j);
  classes_->show(&j);
  const auto mistakes = j.mistakes();
  tabs_->setTabText(1, tr("All mistakes  %1").arg(countText(double(mistakes.size()))));
  // The worst confusion first: it is what one comes for.
  int label = 0, said = 0;
  int64_t most = -1;
  for (int a = 0; a < j.classCount(); ++a)
    for (int b = 0; b < j.classCount(); ++b)
      if (a != b && j.count(a, b) > most) most = j.count(a, b), label = a, said = b;
  confusion_->select(label, said);
}

void EvaluatePlace::showCell(int label, int said) {
  const auto& j = evaluation_.judgement();
  auto rows = j.rowsOf(label, said);
  const QString is = qt(j.classes[size_t(label)]), seen = qt(j.classes[size_t(said)]);
  tabs_->setTabText(0, (label == said ? tr("%1, seen as such  %2").arg(is) : tr("%1 seen as %2  %3").arg(is, seen)).arg(countText(double(rows.size()))));
  classes_->select(label);
  const QSignalBlocker quiet(tabs_);
  tabs_->setCurrentIndex(0);
  pictures_->show(std::move(rows));
}

void EvaluatePlace::showMistakes() { pictures_->show(evaluation_.judgement().mistakes()); }

}  // namespace ui
