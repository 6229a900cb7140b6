// The manual pages that the programs write: every action with its keys, every verb with its options, and no warning of groff.
#include <QProcess>
#include <QStandardPaths>
#include <QTest>

#include "engine/document/templates.h"
#include "ui/shell/actions.h"
#include "ui/shell/help_sheet.h"
#include "ui/shell/key_book.h"

class ManPageTest : public QObject {
  Q_OBJECT

  static QString outOf(const QString& program, const QStringList& arguments, const QByteArray& in = {}) {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.remove("DISPLAY");  // none of this needs one
    environment.remove("QT_QPA_PLATFORM");
    process.setProcessEnvironment(environment);
    process.start(program, arguments);
    process.write(in);
    process.closeWriteChannel();
    if (!process.waitForFinished(60000) || process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0) return {};
    const QByteArray errors = process.readAllStandardError();
    if (!errors.isEmpty()) {
      qWarning("%s", errors.constData());
      return {};
    }
    return QString::fromUtf8(process.readAllStandardOutput());
  }
  // What stands in the page, without its commands.
  static QString plain(QString page) {
    return page.replace("\\-", "-").replace("\\(aq", "'").replace("\\(dq", "\"").replace("\\&", "").replace("\\fB", "").replace("\\fR", "").replace("\\e", "\\");
  }

 private slots:
  void theStudiosPageHasEveryAction() {
    const QString raw = outOf(NETWRIGHT, {"--man"});
    QVERIFY(raw.startsWith(".TH NETWRIGHT 1 "));
    const QString page = plain(raw);
    int count = 0;
    for (const ui::ActionInfo& info : ui::actionTable()) {
      if (info.id[0] == '-') continue;
      ++count;
      const QString keys = ui::textOf(ui::defaultKeys(info));
      const QString item = ".TP\n" + ui::nameOf(info) + (keys.isEmpty() ? QString() : "  " + keys) + "\n" + info.about + "\n";
      QVERIFY2(page.contains(item), qPrintable(item));
      QVERIFY2(page.contains(QString(".SS ") + info.menu + "\n"), info.menu);
    }
    QCOMPARE(page.count("\n.TP\n"), count + qsizetype(ui::gestures().size()) + 3 + 5 + 1);  // what hands do, options, the file
    for (const auto& t : engine::document::templates()) QVERIFY2(page.contains(t.name), t.name);
  }

  void thePageOfNetwHasEveryVerbAndOption() {
    const QString page = plain(outOf(NETW, {"--man"}));
    QVERIFY(page.startsWith(".TH NETW 1 "));
    int verbs = 0, options = 0;
    for (const QString& line : outOf(NETW, {"help"}).split('\n')) {
      if (!line.startsWith("  ") || line.startsWith("  -") || line.startsWith("  help")) continue;
      const QString verb = line.simplified().section(' ', 0, 0), about = line.simplified().section(' ', 1);
      ++verbs;
      const qsizetype from = page.indexOf(".SS netw " + verb + " ");
      QVERIFY2(from >= 0, qPrintable(verb));
      const QString part = page.mid(from, page.indexOf("\n.SS ", from) - from);
      QVERIFY2(part.contains("\n" + about + "\n"), qPrintable(about));
      for (const QString& each : outOf(NETW, {"help", verb}).split('\n')) {
        if (!each.startsWith("  --")) continue;
        const QString option = each.simplified().section(' ', 0, 0);
        if (option == "--json" || option == "--quiet") continue;  // every verb's: said once
        ++options;
        QVERIFY2(part.contains("\n.TP\n" + option), qPrintable(verb + " " + option));
      }
    }
    QVERIFY(verbs > 10 && options > 50);
    QVERIFY(page.contains(".TP\n--json\n") && page.contains(".TP\n--quiet\n"));
    QVERIFY(page.contains("130 interrupted"));
  }

  void groffUnderstandsBoth() {
    const QString groff = QStandardPaths::findExecutable("groff");
    if (groff.isEmpty()) QSKIP("groff is not here");
    for (const QString& program : {QString(NETWRIGHT), QString(NETW)}) {
      const QString text = outOf(groff, {"-man", "-ww", "-Tutf8", "-P-cbou"}, outOf(program, {"--man"}).toUtf8());
      QVERIFY2(text.contains("SEE ALSO"), qPrintable(program));
    }
  }
};

QTEST_GUILESS_MAIN(ManPageTest)
#include "man_page_test.moc"
