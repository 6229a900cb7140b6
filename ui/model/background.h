// Work off the window's thread, whose result comes back to it; or not, when the one who asked is gone by then.
#pragma once
#include <QCoreApplication>
#include <QPointer>
#include <QThreadPool>
#include <memory>

namespace ui {

// `work` runs on a thread of the pool and must not touch widgets; `done` gets what it returns, on the window's thread.
// A pool of one thread keeps the order of what is asked for.
template <class Work, class Done>
void inBackground(QObject* owner, Work work, Done done, QThreadPool* pool = QThreadPool::globalInstance()) {
  QPointer<QObject> alive(owner);
  pool->start([alive, work = std::move(work), done = std::move(done)]() mutable {
    auto result = std::make_shared<decltype(work())>(work());
    QMetaObject::invokeMethod(qApp, [alive, result, done = std::move(done)]() mutable {
      if (alive) done(std::move(*result));
    }, Qt::QueuedConnection);
  });
}

}  // namespace ui
