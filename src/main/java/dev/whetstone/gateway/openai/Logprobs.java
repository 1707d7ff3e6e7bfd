package dev.whetstone.gateway.openai;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.Scores;
import dev.whetstone.engine.sampling.TokenLogprob;
import dev.whetstone.text.Tokenizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Formats tokens' log-probs; omits tokens without text, such as the end token. */
public final class Logprobs {
  private final Tokenizer tokenizer;

  Logprobs(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /**
   * Log-probs of a chat's tokens.
   *
   * @param alternatives one list for each token, or an empty list
   */
  public OpenAiResponses.ChatLogprobs chat(
      int[] ids, float[] logps, List<List<TokenLogprob>> alternatives) {
    List<OpenAiResponses.TokenInfo> content = new ArrayList<>();
    for (int i = 0; i < ids.length; i++) {
      if (hasText(ids[i])) {
        content.add(
            new OpenAiResponses.TokenInfo(
                text(ids[i]),
                logps[i],
                bytes(ids[i]),
                at(alternatives, i).stream()
                    .map(
                        a ->
                            new OpenAiResponses.Alternative(
                                text(a.token()), a.logp(), bytes(a.token())))
                    .toList()));
      }
    }
    return new OpenAiResponses.ChatLogprobs(content);
  }

  /**
   * Log-probs of a text completion's tokens.
   *
   * @param offset characters of the completion before these tokens
   */
  OpenAiResponses.TextLogprobs text(
      int[] ids, float[] logps, List<List<TokenLogprob>> alternatives, int offset) {
    Lists lists = new Lists(offset);
    for (int i = 0; i < ids.length; i++) {
      if (hasText(ids[i])) {
        lists.add(ids[i], logps[i], at(alternatives, i));
      }
    }
    return lists.result(!alternatives.isEmpty());
  }

  /**
   * Log-probs of a prompt's tokens and of the completion after them, special tokens included: who
   * asks for them counts tokens.
   *
   * @param scores of all prompt tokens but the first; null if the prompt has no more
   * @param done the completion; null if none was asked for
   */
  OpenAiResponses.TextLogprobs echoed(
      int[] prompt, @Nullable Scores scores, @Nullable Completion done) {
    Lists lists = new Lists(0);
    lists.add(prompt[0], null, List.of());
    boolean alternatives = false;
    if (scores != null) {
      alternatives = !scores.topLogprobs().isEmpty();
      for (int i = 0; i < scores.logps().length; i++) {
        lists.add(prompt[i + 1], scores.logps()[i], at(scores.topLogprobs(), i));
      }
    }
    if (done != null) {
      alternatives |= !done.topLogprobs().isEmpty();
      for (int i = 0; i < done.tokens().length; i++) {
        lists.add(done.tokens()[i], done.logps()[i], at(done.topLogprobs(), i));
      }
    }
    return lists.result(alternatives);
  }

  /** The lists of a text completion's log-probs as they grow. */
  private final class Lists {
    private final List<String> tokens = new ArrayList<>();
    private final List<@Nullable Float> logprobs = new ArrayList<>();
    private final List<Integer> offsets = new ArrayList<>();
    private final List<@Nullable Map<String, Float>> top = new ArrayList<>();
    private int offset;

    Lists(int offset) {
      this.offset = offset;
    }

    void add(int id, @Nullable Float logprob, List<TokenLogprob> alternatives) {
      String token = text(id);
      tokens.add(token);
      logprobs.add(logprob);
      offsets.add(offset);
      offset += token.length();
      top.add(logprob == null ? null : byText(alternatives));
    }

    OpenAiResponses.TextLogprobs result(boolean alternatives) {
      int[] starts = offsets.stream().mapToInt(Integer::intValue).toArray();
      return new OpenAiResponses.TextLogprobs(tokens, logprobs, alternatives ? top : null, starts);
    }
  }

  private Map<String, Float> byText(List<TokenLogprob> alternatives) {
    Map<String, Float> map = new LinkedHashMap<>();
    // Two tokens of partial UTF-8 may decode to the same text: keep the more probable one.
    alternatives.forEach(a -> map.putIfAbsent(text(a.token()), a.logp()));
    return map;
  }

  private static List<TokenLogprob> at(List<List<TokenLogprob>> alternatives, int i) {
    return i < alternatives.size() ? alternatives.get(i) : List.of();
  }

  private boolean hasText(int id) {
    return !tokenizer.decode(new int[] {id}, true).isEmpty();
  }

  private String text(int id) {
    return tokenizer.decode(new int[] {id}, false);
  }

  private int[] bytes(int id) {
    byte[] bytes = tokenizer.bytes(id);
    int[] unsigned = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      unsigned[i] = bytes[i] & 0xff;
    }
    return unsigned;
  }
}
