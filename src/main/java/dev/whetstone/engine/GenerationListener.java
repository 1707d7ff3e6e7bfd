package dev.whetstone.engine;

import dev.whetstone.engine.sampling.TokenLogprob;
import java.util.List;

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
        public void onText(int branch, String text, int[] tokens, float[] logps) {}

        @Override
        public void onFinish(int branch, Completion completion) {}
      };

  /**
   * New text of a branch. Never splits a UTF-8 sequence and never contains the start of a stop
   * sequence; the texts of all calls joined are the completion's text.
   *
   * @param branch index in the request
   * @param tokens ids sampled since the last call for this branch; may be empty in the last call
   * @param logps their log-probs in nats, same length
   */
  void onText(int branch, String text, int[] tokens, float[] logps);

  /**
   * The call that the engine makes: as above, with each token's most probable alternatives.
   *
   * @param alternatives one list a token; empty when the request asked for none
   */
  default void onText(
      int branch, String text, int[] tokens, float[] logps, List<List<TokenLogprob>> alternatives) {
    onText(branch, text, tokens, logps);
  }

  /** The branch has ended; called once a branch, also after cancellation and errors. */
  void onFinish(int branch, Completion completion);
}
