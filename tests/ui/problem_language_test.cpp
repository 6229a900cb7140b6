// What the engine says is translated whole, its phrases too: in a language without a Latin letter only arguments keep theirs. And what is
// counted has the forms of its language, of those with more than two, and of English.
#include <QApplication>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <QTranslator>
#include <cstring>

#include "tests/ui/mistakes.h"
#include "ui/model/language.h"
#include "ui/model/text.h"

namespace {

// Every letter becomes one that English has not, and it is kept what was asked for.
class Letterless : public QTranslator {
 public:
  bool isEmpty() const override { return false; }
  QString translate(const char* context, const char* text, const char*, int) const override {
    if (*context == 'Q' || !*text) return {};
    asked_.insert({context, text});
    QString out;
    const QString from(text);
    for (qsizetype i = 0; i < from.size(); ++i) {
      const bool argument = from[i] == '%' && i + 1 < from.size() && from[i + 1] == 'n';
      if (argument) out += "%n", ++i;
      else out += from[i] < QChar(128) && from[i].isLetter() ? QChar(u'ж') : from[i];
    }
    return out;
  }
  const QSet<std::pair<QByteArray, QByteArray>>& asked() const { return asked_; }

 private:
  mutable QSet<std::pair<QByteArray, QByteArray>> asked_;
};

void collectArguments(const engine::Message& message, QStringList& into) {
  for (const auto& argument : message.arguments()) {
    if (const auto* text = std::get_if<std::string>(&argument)) into << ui::qt(*text);
    else if (const auto* inner = std::get_if<std::vector<engine::Message>>(&argument))
      for (const auto& one : *inner) collectArguments(one, into);
  }
}

// Words that the system, libpng and the like say, which are nobody's to translate here.
bool isOfOthers(const QString& argument) {
  static const QSet<QString> known = [] {
    QSet<QString> all{"Not a PNG file", "Not a zip archive", "PNG input buffer incomplete", "read beyond end of data"};
    for (int error = 1; error < 134; ++error) all << std::strerror(error);
    return all;
  }();
  return known.contains(argument);
}

// An argument is a name, a number, or a list of such: no words of English in a row.
bool isSentence(const QString& argument) {
  static const QRegularExpression words("(?<![\\w.\"'{\\[/])[a-z]{2,} (?:[a-z]+)(?![\\w.])");
  return !isOfOthers(argument) && !argument.contains('"') && words.match(argument).hasMatch();
}

const engine::Problems& all() {
  static const QTemporaryDir folder;
  static const engine::Problems found = [] {
    mistakes::Collection collection;
    mistakes::ofOps(collection);
    mistakes::ofNetworks(collection);
    mistakes::ofProjects(collection);
    mistakes::ofFiles(collection, folder.path());
    return collection.list();
  }();
  return found;
}

// What packaging/texts gives to translators, true where it has plural forms.
QMap<std::pair<QByteArray, QByteArray>, bool> givenTexts() {
  QProcess texts;
  texts.start(NETWRIGHT_SOURCE_DIR "/packaging/texts", QStringList());
  QMap<std::pair<QByteArray, QByteArray>, bool> given;
  if (!texts.waitForFinished() || texts.exitCode() != 0) return given;
  static const QRegularExpression line("QT_TRANSLATE(_N)?_NOOP\\(\"(\\w+)\", \"(.*)\"\\),");
  for (auto it = line.globalMatch(QString::fromUtf8(texts.readAllStandardOutput())); it.hasNext();) {
    const auto match = it.next();
    given[{match.captured(2).toUtf8(), match.captured(3).replace("\\\"", "\"").toUtf8()}] = !match.captured(1).isEmpty();
  }
  return given;
}

const char* const kCzech = R"(<?xml version="1.0" encoding="utf-8"?><!DOCTYPE TS><TS version="2.1" language="cs"><context><name>engine</name>
<message numerus="yes"><source>a score for each of {0} classes</source><translation><numerusform>skóre pro {0} třídu</numerusform>
<numerusform>skóre pro {0} třídy</numerusform><numerusform>skóre pro {0} tříd</numerusform></translation></message>
<message><source>needs {0}, but got {1}; {2}</source><translation>potřebuje {0}, ale dostal {1}; {2}</translation></message>
<message numerus="yes"><source>let {0} have {1} outputs</source><translation><numerusform>dej {0} {1} výstup</numerusform>
<numerusform>dej {0} {1} výstupy</numerusform><numerusform>dej {0} {1} výstupů</numerusform></translation></message></context>
<context><name>ui::DeviceSetting</name><message numerus="yes"><source>%n threads</source><translation><numerusform>%n vlákno</numerusform>
<numerusform>%n vlákna</numerusform><numerusform>%n vláken</numerusform></translation></message></context></TS>)";

engine::Problem scores(int64_t classes) {
  engine::Problem problem;
  problem.needs = engine::Message("a score for each of {0} classes", classes);
  problem.got = engine::Message("{0}", 7);
  problem.fix = engine::Message("let {0} have {1} outputs", "last {1}", classes);  // a name that looks like a template
  return problem;
}

}  // namespace

namespace ui {
QString threadsText(int threads);  // run/device_setting.h
}

class ProblemLanguageTest : public QObject {
  Q_OBJECT
 private slots:
  void whatTheEngineSaysIsTranslatedWhole() {
    QVERIFY(all().size() > 2000);
    Letterless foreign;
    QCoreApplication::installTranslator(&foreign);
    static const QRegularExpression latin("[A-Za-z]{2,}"), types("\\b(f32|f64|i64|i32|u8|bool|boolean)\\b"), exponent("[0-9]e[+-]?[0-9]+");
    QSet<QString> sentences;
    QStringList wrong;
    for (const engine::Problem& problem : all()) {
      const QString english = ui::qt(toString(problem));
      if (sentences.contains(english)) continue;
      sentences << english;
      QStringList arguments;
      collectArguments(messageOf(problem), arguments);
      std::sort(arguments.begin(), arguments.end(), [](const QString& a, const QString& b) { return a.size() > b.size(); });
      QString rest = ui::textOf(problem);
      QString why;
      for (const QString& argument : arguments) {
        rest.replace(argument, " ");
        if (isSentence(argument)) why = "an argument with words: " + argument;
      }
      rest.remove(types).remove(exponent);
      if (latin.match(rest).hasMatch()) why = "not translated: " + latin.match(rest).captured();
      if (!why.isEmpty()) wrong << english + "  [" + why + "]";
    }
    QCoreApplication::removeTranslator(&foreign);
    const auto given = givenTexts();
    QVERIFY(given.size() > 1000);
    static const QRegularExpression word("[a-z]");
    for (const auto& text : foreign.asked())
      if (text.first == "engine" && !given.contains(text) && QString(text.second).contains(word)) wrong << "not given to translators: " + text.second;
    for (const QString& line : wrong) qInfo().noquote() << line;
    qInfo("%lld different messages, %lld texts, %lld wrong", qlonglong(sentences.size()), qlonglong(foreign.asked().size()), qlonglong(wrong.size()));
    QVERIFY(sentences.size() > 800);
    QVERIFY(wrong.isEmpty());
  }

  // The rule for what is counted is there twice, in Perl and here.
  void countedTextsAreGivenWithTheirForms() {
    const auto given = givenTexts();
    int counted = 0;
    for (auto it = given.begin(); it != given.end(); ++it) {
      if (it.key().first != "engine") continue;
      QVERIFY2((ui::countedArgument(it.key().second.toStdString()) >= 0) == it.value(), it.key().second.constData());
      counted += it.value();
    }
    QVERIFY(counted > 60);
    QCOMPARE(ui::countedArgument("a score for each of {0} classes"), 0);
    QCOMPARE(ui::countedArgument("let {0} have {1} outputs"), 1);
    QCOMPARE(ui::countedArgument("{0} times {1}"), -1);
    QCOMPARE(ui::countedArgument("column {0}, {1} of type {2}, as {3} has"), -1);
  }

  void englishCountsRightly() {
    QCOMPARE(ui::textOf(scores(1)), QString("needs a score for 1 class, but got 7; let last {1} have 1 output"));
    QCOMPARE(ui::textOf(scores(2)), QString("needs a score for each of 2 classes, but got 7; let last {1} have 2 outputs"));
    QCOMPARE(ui::threadsText(1), QString("1 thread"));
    QCOMPARE(ui::threadsText(2), QString("2 threads"));
    QCOMPARE(ui::textOf(engine::Shape{1}), QString("1 number"));
    QCOMPARE(ui::textOf(engine::Shape{engine::kBatch}), QString("N numbers"));
  }

  void aLanguageOfThreeFormsIsAskedForEach() {
    if (QString(LRELEASE).isEmpty()) QSKIP("lrelease of qt6-l10n-tools is not here");
    QTemporaryDir folder;
    QFile ts(folder.filePath("netwright_cs.ts"));
    QVERIFY(ts.open(QIODevice::WriteOnly));
    ts.write(kCzech);
    ts.close();
    QProcess release;
    release.start(LRELEASE, {"-silent", ts.fileName(), "-qm", folder.filePath("netwright_cs.qm")});
    QVERIFY(release.waitForFinished() && release.exitCode() == 0);
    QVERIFY(ui::speak(QLocale("cs_CZ"), {folder.path()}));
    QCOMPARE(ui::textOf(scores(1)), QString("potřebuje skóre pro 1 třídu, ale dostal 7; dej last {1} 1 výstup"));
    QCOMPARE(ui::textOf(scores(2)), QString("potřebuje skóre pro 2 třídy, ale dostal 7; dej last {1} 2 výstupy"));
    QCOMPARE(ui::textOf(scores(5)), QString("potřebuje skóre pro 5 tříd, ale dostal 7; dej last {1} 5 výstupů"));
    QCOMPARE(ui::threadsText(1), QString("1 vlákno"));
    QCOMPARE(ui::threadsText(2), QString("2 vlákna"));
    QCOMPARE(ui::threadsText(5), QString("5 vláken"));
    // What nobody has translated is English as it was, counted rightly.
    QCOMPARE(ui::textOf(engine::Message("{0} labels", 1)), QString("1 label"));
    QCOMPARE(ui::textOf(engine::Message("{0} labels", 3)), QString("3 labels"));
    for (auto* translator : qApp->findChildren<QTranslator*>())
      if (translator->language() != "en") delete translator;
  }

  void aPlaceInAFileIsSaidToo() {
    QCOMPARE(ui::textOf(engine::Place::file("/data/table.csv, column age")), QString("/data/table.csv, column age"));
    Letterless foreign;
    QCoreApplication::installTranslator(&foreign);
    QCOMPARE(ui::textOf(engine::Place::file("/data/table.csv, column age")), QString("/data/table.csv, жжжжжж age"));
    QCOMPARE(ui::textOf(engine::Place::file("/nets/net.onnx, the graph")), QString("/nets/net.onnx, жжж жжжжж"));
    QCOMPARE(ui::textOf(engine::Place::file("/data/table.csv")), QString("/data/table.csv"));
    QCoreApplication::removeTranslator(&foreign);
  }

  // Options of the command line are none of the window's, in any language.
  void noOptionsOfTheCommandLine() {
    engine::Problem problem;
    problem.needs = "a loss to be trained";
    problem.fix = "add a loss node that compares the output with a Target, or give --loss";
    QCOMPARE(ui::textOf(problem), QString("needs a loss to be trained; add a loss node that compares the output with a Target"));
    problem.fix = "set the precision to f32, or compute on the processor (--device cpu)";
    QVERIFY(ui::textOf(problem).endsWith("; set the precision to f32, or compute on the processor"));
    problem.fix = "choose another one with --out";
    QVERIFY(ui::textOf(problem).endsWith("; choose another one"));
  }
};

QTEST_MAIN(ProblemLanguageTest)
#include "problem_language_test.moc"
