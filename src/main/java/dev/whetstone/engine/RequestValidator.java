package dev.whetstone.engine;

import dev.whetstone.engine.runner.ModelRunner;

/** Refuses requests that the model runner can never run. */
final class RequestValidator {
  private RequestValidator() {}

  /**
   * Checks lengths, token ids and the number of branches.
   *
   * @param slots completions that decode at once
   * @throws IllegalArgumentException that names what does not fit
   */
  static void check(GenerationRequest request, ModelRunner runner, int slots) {
    checkLength(request.prompt().length, 1, runner);
    checkTokens("the prompt", request.prompt(), runner);
    int branches = request.branches().size();
    if (branches > slots) {
      throw new IllegalArgumentException(
          "%d completions were requested at once, but the engine has %d slots"
              .formatted(branches, slots));
    }
    for (CompletionSpec branch : request.branches()) {
      for (int token : branch.sampling().logitBias().keySet()) {
        checkToken("logit_bias", token, runner);
      }
    }
  }

  /**
   * Checks lengths and token ids.
   *
   * @throws IllegalArgumentException that names what does not fit
   */
  static void check(ScoreRequest request, ModelRunner runner) {
    checkLength(request.prompt().length, request.completion().length, runner);
    checkTokens("the prompt", request.prompt(), runner);
    checkTokens("the completion", request.completion(), runner);
  }

  private static void checkLength(int prompt, int completion, ModelRunner runner) {
    if ((long) prompt + completion > runner.slotLength()) {
      throw new IllegalArgumentException(
          "%d prompt and %d completion tokens exceed the context of %d tokens"
              .formatted(prompt, completion, runner.slotLength()));
    }
  }

  private static void checkTokens(String where, int[] tokens, ModelRunner runner) {
    for (int token : tokens) {
      checkToken(where, token, runner);
    }
  }

  private static void checkToken(String where, int token, ModelRunner runner) {
    if (token < 0 || token >= runner.vocabularySize()) {
      throw new IllegalArgumentException(
          "%s contains token %d, outside the vocabulary of %d tokens"
              .formatted(where, token, runner.vocabularySize()));
    }
  }
}
