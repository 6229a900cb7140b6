#include "ui/evaluate/export_panel.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QDir>
#include <QFileInfo>
#include <QFormLayout>
#include <QFrame>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include "engine/formats/opaque.h"
#include "engine/training/start_values.h"
#include "ui/widgets/ask_path.h"
#include "ui/widgets/switch.h"
#include "ui/model/background.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

using engine::formats::ExportFormat;
using engine::formats::ExportReport;

namespace {
constexpr int kLeastOpset = 13, kMostOpset = 28, kOpset = 17;
constexpr int kOfFile = 0;  // the opset that operators of others came with

// By the same way as `netw export`: nothing is calculated.
engine::Result<ExportReport> exportAsItCame(const Trained& trained, const std::string& path, std::optional<int64_t> opset, std::optional<int64_t> batch) {
  auto values = std::make_shared<const engine::training::StartValues>();
  if (!trained.weights.isEmpty()) {
    auto read = engine::training::readStartValues(utf8(trained.weights));
    if (!read) return tl::unexpected(read.error());
    values = *read;
  }
  return engine::formats::exportOpaque(trained.document, *values, path, opset, batch);
}

QLabel* labelOf(const QString& text, const char* tone, FontSize size, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setFont(font(size));
  if (tone[0]) label->setProperty("tone", tone);
  return label;
}
}  // namespace

ExportPanel::ExportPanel(Project& project, Training& training, QWidget* parent) : QWidget(parent), project_(project), training_(training) {
  setObjectName("export");
  setProperty("surface", "panel");
  setAttribute(Qt::WA_StyledBackground);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(16, 16, 16, 16);
  column->setSpacing(12);
  auto* title = new QLabel(tr("Export"), this);
  title->setFont(ui::font(FontSize::body, QFont::DemiBold));
  column->addWidget(title);

  formats_ = new QButtonGroup(this);
  const struct {
    ExportFormat format;
    QString name, about;
  } formats[] = {{ExportFormat::onnx, tr("ONNX"), tr("runs almost everywhere")}, {ExportFormat::safetensors, tr("safetensors"), tr("weights only")}};
  for (const auto& f : formats) {
    auto* button = new QRadioButton(f.name, this);
    button->setObjectName(QStringLiteral("export.%1").arg(qt(std::string(nameOf(f.format)))));
    button->setAccessibleDescription(f.about);
    formats_->addButton(button, int(f.format));
    auto* about = labelOf(f.about, "secondary", FontSize::small, this);
    about->setIndent(24);
    auto* both = new QVBoxLayout;
    both->setSpacing(0);
    both->addWidget(button);
    both->addWidget(about);
    column->addLayout(both);
  }
  formats_->button(int(ExportFormat::onnx))->setChecked(true);

  auto* form = new QFormLayout;
  form->setVerticalSpacing(8);
  opset_ = new QComboBox(this);
  for (int i = kLeastOpset; i <= kMostOpset; ++i) opset_->addItem(QString::number(i), i);
  opset_->setCurrentIndex(kOpset - kLeastOpset);
  opset_->setAccessibleName(tr("Version of ONNX's operators"));
  batch_ = new QComboBox(this);
  batch_->addItem(tr("any size"), 0);
  for (int n : {1, 8, 32, 128}) batch_->addItem(QString::number(n), n);
  batch_->setAccessibleName(tr("Samples at once"));
  preprocessing_ = new Switch(this);
  preprocessing_->setChecked(true);
  preprocessing_->setAccessibleName(tr("Takes raw data"));
  preprocessing_->setToolTip(tr("The file normalises its input itself, as the project does with its data."));
  form->addRow(tr("Opset"), opset_);
  form->addRow(tr("Batch"), batch_);
  auto* atTheRight = new QHBoxLayout;
  atTheRight->addStretch();
  atTheRight->addWidget(preprocessing_);
  form->addRow(tr("Takes raw data"), atTheRight);
  column->addLayout(form);

  auto* line = new QHBoxLayout;
  path_ = new QLineEdit(this);
  path_->setObjectName("export.path");
  path_->setAccessibleName(tr("File to write"));
  auto* browse = new QToolButton(this);
  browse->setIcon(icon("folder"));
  browse->setToolTip(tr("Choose the file"));
  browse->setAccessibleName(tr("Choose the file"));
  line->addWidget(path_, 1);
  line->addWidget(browse);
  column->addLayout(line);

  button_ = new QPushButton(tr("Export and verify"), this);
  button_->setObjectName("export.button");
  button_->setProperty("kind", "primary");
  button_->setMinimumHeight(36);
  column->addWidget(button_);
  hint_ = labelOf({}, "secondary", FontSize::small, this);
  hint_->setWordWrap(true);
  column->addWidget(hint_);

  card_ = new QFrame(this);
  auto* inside = new QVBoxLayout(card_);
  inside->setContentsMargins(14, 12, 14, 12);
  cardTitle_ = new QLabel(card_);
  cardTitle_->setWordWrap(true);
  cardTitle_->setFont(ui::font(FontSize::body, QFont::DemiBold));
  cardText_ = new QLabel(card_);
  cardText_->setWordWrap(true);
  cardText_->setFont(ui::font(FontSize::small));
  cardText_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  inside->addWidget(cardTitle_);
  inside->addWidget(cardText_);
  card_->hide();
  column->addWidget(card_);
  column->addStretch(1);

  connect(button_, &QPushButton::clicked, this, &ExportPanel::exportNow);
  connect(browse, &QToolButton::clicked, this, &ExportPanel::choosePath);
  connect(path_, &QLineEdit::returnPressed, button_, &QPushButton::click);
  connect(path_, &QLineEdit::textEdited, this, [this] {
    pathIsOurs_ = false;
    refresh();
  });
  connect(formats_, &QButtonGroup::idToggled, this, [this] {
    suggestPath();
    refresh();
  });
  connect(&project_, &Project::replaced, this, [this] {
    pathIsOurs_ = true;
    card_->hide();
    suggestPath();
    refresh();
  });
  connect(&project_, &Project::fileChanged, this, &ExportPanel::suggestPath);
  connect(&project_, &Project::stated, this, &ExportPanel::refresh);
  connect(&training_, &Training::stateChanged, this, &ExportPanel::refresh);
  setFocusProxy(path_);
  suggestPath();
  refresh();
}

void ExportPanel::suggestPath() {
  const auto format = ExportFormat(formats_->checkedId());
  const QString extension = format == ExportFormat::onnx ? ".onnx" : ".safetensors";
  if (pathIsOurs_) {
    const QString folder = project_.path().isEmpty() ? QDir::homePath() : project_.folder();
    // The project's own weights lie in NAME.safetensors.
    path_->setText(QDir(folder).filePath(project_.title() + (format == ExportFormat::onnx ? "" : "-export") + extension));
  } else {
    const QFileInfo info(path_->text());
    if (info.suffix() == "onnx" || info.suffix() == "safetensors") path_->setText(info.path() + "/" + info.completeBaseName() + extension);
  }
}

void ExportPanel::setPath(const QString& path) {
  pathIsOurs_ = false;
  path_->setText(path);
  refresh();
}

void ExportPanel::setFormat(ExportFormat format) { formats_->button(int(format))->setChecked(true); }

QString ExportPanel::result() const { return card_->isHidden() ? QString() : cardTitle_->text() + "\n" + cardText_->text(); }

bool ExportPanel::isOpaque() const { return formats_->checkedId() == int(ExportFormat::onnx) && engine::formats::holdsOpaque(project_.document()); }

void ExportPanel::offerOpsetOfFile(bool on) {
  if (on == (opset_->itemData(0).toInt() == kOfFile)) return;
  if (on) opset_->insertItem(0, tr("that of the file"), kOfFile);
  else opset_->removeItem(0);
  opset_->setCurrentIndex(on ? 0 : kOpset - kLeastOpset);
}

void ExportPanel::refresh() {
  const bool onnx = formats_->checkedId() == int(ExportFormat::onnx), opaque = isOpaque();
  for (QWidget* widget : {static_cast<QWidget*>(opset_), static_cast<QWidget*>(batch_)}) widget->setEnabled(onnx);
  preprocessing_->setEnabled(onnx && !opaque);
  offerOpsetOfFile(opaque);
  button_->setText(opaque ? tr("Export") : tr("Export and verify"));
  QString why;
  if (working_) why = tr("It is being written and compared.");
  else if (training_.isActive()) why = tr("It is training: stop or wait, then export.");
  else if (project_.document().nodes().empty()) why = tr("There is no network yet.");
  else if (project_.hasProblems() && !opaque) why = tr("The network has problems: see the list of problems.");
  else if (path_->text().trimmed().isEmpty()) why = tr("Give a file to write.");
  button_->setEnabled(why.isEmpty());
  button_->setToolTip(why);
  if (why.isEmpty() && opaque) why = tr("Operators that cannot be calculated here go out as they came; the file's answers cannot be compared.");
  else if (why.isEmpty() && trainedOf(project_, training_).weights.isEmpty()) why = tr("Not trained yet: the file gets the first weights, as the seed draws them.");
  hint_->setText(why);
  hint_->setVisible(!why.isEmpty());
}

void ExportPanel::choosePath() {
  const bool onnx = formats_->checkedId() == int(ExportFormat::onnx);
  const QString chosen = askPath(
      this, {PathQuestion::Kind::save, tr("Export the model"), path_->text(),
             onnx ? tr("ONNX (*.onnx)") : tr("safetensors (*.safetensors)"), onnx ? "onnx" : "safetensors"});
  if (!chosen.isEmpty()) setPath(chosen);
}

void ExportPanel::showCard(const QString& kind, const QString& title, const QString& text) {
  card_->setProperty("kind", kind);
  card_->style()->unpolish(card_);
  card_->style()->polish(card_);
  cardTitle_->setProperty("tone", kind);
  cardTitle_->style()->unpolish(cardTitle_);
  cardTitle_->style()->polish(cardTitle_);
  cardTitle_->setText(title);
  cardText_->setText(text);
  card_->show();
}

void ExportPanel::exportNow() {
  refresh();
  if (!button_->isEnabled()) return;
  working_ = true;
  refresh();
  engine::formats::ExportOptions options;
  const bool opaque = isOpaque();
  const int opset = opset_->currentData().toInt();
  if (opset != kOfFile) options.opset = opset;
  if (const int batch = batch_->currentData().toInt()) options.batch = batch;
  options.preprocessing = preprocessing_->isChecked();
  const auto format = ExportFormat(formats_->checkedId());
  const QString path = QFileInfo(path_->text().trimmed()).absoluteFilePath();
  inBackground(
      this,
      [trained = trainedOf(project_, training_), path = utf8(path), format, options, opaque, opset]() -> engine::Result<ExportReport> {
        if (opaque) return exportAsItCame(trained, path, opset == kOfFile ? std::optional<int64_t>() : opset, options.batch);
        auto session = openTrained(trained, false);
        if (!session) return tl::unexpected(session.error());
        return engine::formats::exportModel(**session, path, format, options);
      },
      [this, path](engine::Result<ExportReport> report) {
        working_ = false;
        refresh();
        if (!report) {
          const QString why = textOf(report.error());
          showCard("problem", tr("Not exported"), why + "\n" + tr("No file was written or changed."));
          emit failed(why);
          return;
        }
        const QString what = report->opset ? tr("ONNX opset %1").arg(report->opset) : tr("safetensors");
        QString size = tr("Size  %1").arg(bytesText(double(report->bytes)));
        for (const std::string& name : report->open) size += "\n" + tr("%1 may be of any size in the file.").arg(qt(name));
        for (const std::string& name : report->fixed) size += "\n" + tr("%1 has the size of now in the file: what is written follows from it.").arg(qt(name));
        size += "\n" + path;
        if (!report->verified)
          showCard("warning", tr("%1: written, not verified").arg(what), tr("It holds operators that Netwright cannot calculate. What was written was read back; its answers were not compared.") + "\n" + size);
        else showCard("success", tr("%1: verified, largest difference %2").arg(what, numberText(report->maxDifference, 2)),
             tr("Read back and compared with the network itself. Allowed: %1.").arg(numberText(report->allowed, 2)) + "\n" + size);
        emit exported(path);
      });
}

}  // namespace ui
