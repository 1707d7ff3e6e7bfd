package dev.whetstone.engine;

import java.time.Duration;
import java.util.List;

/**
 * One prompt and the completions asked of it; branches of one policy share the prompt's prefill.
 *
 * @param prompt token ids, at least one
 * @param branches one completion each
 * @param maxTokens most tokens of one completion, the end token included
 * @param stop texts that end a completion and are cut from it
 * @param ignoreEos go on past the end token (load tests)
 * @param topLogprobs how many alternatives to report per token, 0 to 20
 * @param distinct draw the second of two branches again (a bounded number of times) when it comes
 *     out like the first
 * @param timeout from submission; a completion cut by it ends with {@link FinishReason#ERROR}
 */
public record GenerationRequest(
    int[] prompt,
    List<CompletionSpec> branches,
    int maxTokens,
    List<String> stop,
    boolean ignoreEos,
    int topLogprobs,
    boolean distinct,
    Duration timeout) {

  public GenerationRequest {
    prompt = prompt.clone();
    branches = List.copyOf(branches);
    stop = List.copyOf(stop);
    if (prompt.length == 0) {
      throw new IllegalArgumentException("the prompt is empty");
    }
    if (branches.isEmpty() || maxTokens < 1) {
      throw new IllegalArgumentException("at least one branch and one token must be asked for");
    }
    if (topLogprobs < 0 || topLogprobs > 20) {
      throw new IllegalArgumentException("top_logprobs must be in [0, 20]");
    }
    if (distinct && branches.size() != 2) {
      throw new IllegalArgumentException("only two branches can be asked to be distinct");
    }
    if (stop.stream().anyMatch(String::isEmpty)) {
      throw new IllegalArgumentException("a stop text is empty");
    }
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException("the timeout must be positive");
    }
  }
}
