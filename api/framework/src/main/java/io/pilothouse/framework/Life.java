package io.pilothouse.framework;

/** Whether a framework goes on. */
final class Life {
  private enum State {
    ON,
    LEAVING,
    OVER
  }

  private State state = State.ON;

  synchronized void end() {
    state = State.OVER;
    notifyAll();
  }

  /** It is about to be torn down; false if it is over already. */
  synchronized boolean leave() throws InterruptedException {
    boolean over = over();
    if (!over) {
      state = State.LEAVING;
    }
    return !over;
  }

  /** It was not torn down after all. */
  synchronized void stay() {
    if (state == State.LEAVING) {
      state = State.ON;
      notifyAll();
    }
  }

  synchronized boolean isOver() {
    return state == State.OVER;
  }

  /** Waits for the answer while it is about to be torn down: its stream may end before that. */
  synchronized boolean over() throws InterruptedException {
    while (state == State.LEAVING) {
      wait();
    }
    return state == State.OVER;
  }
}
