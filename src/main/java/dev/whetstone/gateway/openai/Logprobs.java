package dev.whetstone.gateway.openai;

import dev.whetstone.engine.sampling.TokenLogprob;
import dev.whetstone.text.Tokenizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Formats tokens' log-probs; omits tokens without text, such as the end token. */
final class Logprobs {
  private final Tokenizer tokenizer;

  Logprobs(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /**
   * Log-probs of a chat's tokens.
   *
   * @param alternatives one list for each token, or an empty list
   */
  OpenAiResponses.ChatLogprobs chat(
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
    List<String> tokens = new ArrayList<>();
    List<Float> logprobs = new ArrayList<>();
    List<Integer> offsets = new ArrayList<>();
    List<Map<String, Float>> top = new ArrayList<>();
    int at = offset;
    for (int i = 0; i < ids.length; i++) {
      if (hasText(ids[i])) {
        String token = text(ids[i]);
        tokens.add(token);
        logprobs.add(logps[i]);
        offsets.add(at);
        at += token.length();
        top.add(byText(at(alternatives, i)));
      }
    }
    float[] values = new float[logprobs.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = logprobs.get(i);
    }
    int[] starts = offsets.stream().mapToInt(Integer::intValue).toArray();
    @Nullable List<Map<String, Float>> topLogprobs = alternatives.isEmpty() ? null : top;
    return new OpenAiResponses.TextLogprobs(tokens, values, topLogprobs, starts);
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
