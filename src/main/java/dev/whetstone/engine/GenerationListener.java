package dev.whetstone.engine;

import dev.whetstone.engine.sampling.TokenLogprob;
import java.util.List;

/**
 * Told of a request's progress from the engine thread: implementations must return at once and
 * never block.
 */
public interface GenerationListener {
  /** Hears nothing. */
  GenerationListener NOBODY =
      new GenerationListener() {
        @Override
        public void onText(int branch, String text, int[] tokens, float[] logps) {}

        @Override
        public void onFinish(int branch, Completion completion) {}
      };

  /**
   * New text of a branch. Never splits a UTF-8 sequence and never shows the start of a stop text;
   * the texts of all calls joined are the completion's text.
   *
   * @param branch index in the request
   * @param tokens ids sampled since the last call for this branch, in rare last calls none
   * @param logps their log-probs, same length
   */
  void onText(int branch, String text, int[] tokens, float[] logps);

  /**
   * As above, with each token's most probable alternatives: one list a token, or none at all when
   * the request asked for none. This is what the engine calls.
   */
  default void onText(
      int branch, String text, int[] tokens, float[] logps, List<List<TokenLogprob>> alternatives) {
    onText(branch, text, tokens, logps);
  }

  /** The branch is complete; called once per branch, also after cancellation and errors. */
  void onFinish(int branch, Completion completion);
}
