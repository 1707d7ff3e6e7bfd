package dev.whetstone.engine;

/**
 * Receives a request's progress on the engine thread: implementations must return at once and never
 * block.
 */
public interface GenerationListener {
  /** Thrown by a listener that can take no more: the engine cancels its request. */
  final class OverrunException extends RuntimeException {
    public OverrunException(String message) {
      super(message, null, false, false);
    }
  }

  /** Does nothing. */
  GenerationListener NO_OP =
      new GenerationListener() {
        @Override
        public void onText(TextDelta delta) {}

        @Override
        public void onFinish(int branch, Completion completion) {}
      };

  /** New text of a branch. */
  void onText(TextDelta delta);

  /** The branch has ended; called once a branch, also after cancellation and errors. */
  void onFinish(int branch, Completion completion);
}
