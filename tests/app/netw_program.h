// Runs the built netw as a person or a script would, in a folder of its own.
#pragma once
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

struct Ended {
  int status = -1;  // -1: by a signal, or not in time
  QByteArray out, err;

  QList<QByteArray> lines() const {
    QList<QByteArray> list = out.split('\n');
    if (!list.isEmpty() && list.last().isEmpty()) list.removeLast();
    return list;
  }
  QByteArray lastLine() const { return lines().isEmpty() ? QByteArray() : lines().last(); }
  const QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
};

class Folder {
 public:
  QString path(const QString& name = {}) const { return name.isEmpty() ? folder_.path() : folder_.filePath(name); }

  void start(QProcess& process, const QStringList& words) const {
    process.setWorkingDirectory(folder_.path());
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("NETWRIGHT_CHOICES", choices);  // never those of whoever runs the tests
    process.setProcessEnvironment(environment);
    process.setProgram(NETW);
    process.setArguments(words);
    process.start();
  }
  Ended run(const QStringList& words) const {
    QProcess process;
    start(process, words);
    return end(process);
  }
  static Ended end(QProcess& process) {
    constexpr int kPatience = 240000;  // milliseconds; far more than any of these takes
    Ended ended;
    if (!process.waitForFinished(kPatience)) {
      process.kill();
      process.waitForFinished();
    } else if (process.exitStatus() == QProcess::NormalExit) {
      ended.status = process.exitCode();
    }
    ended.out = process.readAllStandardOutput();
    ended.err = process.readAllStandardError();
    return ended;
  }

  QByteArray read(const QString& name) const {
    QFile file(path(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }
  bool write(const QString& name, const QByteArray& bytes) const {
    QFile file(path(name));
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
  }
  QString choices = "none";  // the file that `netw tune` writes; relative to this folder

  bool has(const QString& name) const { return QFile::exists(path(name)); }

 private:
  QTemporaryDir folder_;
};

// A failure shows what the program said.
#define SUCCEEDS(ended) QVERIFY2((ended).status == 0, ((ended).err + (ended).out).constData())
