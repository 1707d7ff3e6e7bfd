package dev.whetstone.dpo.network;

import java.util.ArrayList;
import java.util.List;

/**
 * The order of a micro-batch's tokens: row after row without padding, each as its prompt followed
 * by its completions. The last token of a completion is left out, because it predicts nothing. The
 * positions of every completion continue those of the prompt.
 *
 * @param ids {@code [tokens]} token ids
 * @param positions {@code [tokens]} positions for the rotary embedding
 * @param segments which tokens attend to which
 * @param sources {@code [scored]} index of the token whose hidden state predicts each completion
 *     token
 * @param targets {@code [scored]} ids of the completion tokens
 * @param completionLengths of the completions, in order; they add up to {@code scored}
 */
record Layout(
    int[] ids,
    int[] positions,
    List<Segment> segments,
    int[] sources,
    int[] targets,
    int[] completionLengths) {
  /**
   * A prompt or a completion: tokens that attend to all tokens of the prompt and causally to each
   * other.
   *
   * @param prompt index of the prompt's first token
   * @param promptLength 0 when the segment is the prompt itself
   * @param start index of the segment's first token
   * @param length number of tokens
   */
  record Segment(int prompt, int promptLength, int start, int length) {}

  static Layout of(List<PromptCompletions> rows) {
    int tokens = rows.stream().mapToInt(PromptCompletions::inputTokens).sum();
    int scored =
        rows.stream().flatMap(row -> row.completions().stream()).mapToInt(c -> c.length).sum();
    Layout layout =
        new Layout(
            new int[tokens],
            new int[tokens],
            new ArrayList<>(),
            new int[scored],
            new int[scored],
            rows.stream()
                .flatMap(row -> row.completions().stream())
                .mapToInt(c -> c.length)
                .toArray());
    int token = 0;
    int target = 0;
    for (PromptCompletions row : rows) {
      layout.place(row, token, target);
      token += row.inputTokens();
      target += row.completions().stream().mapToInt(c -> c.length).sum();
    }
    return layout;
  }

  private void place(PromptCompletions row, int prompt, int firstTarget) {
    int length = row.prompt().length;
    copy(row.prompt(), length, prompt, 0);
    segments.add(new Segment(prompt, 0, prompt, length));
    int token = prompt + length;
    int target = firstTarget;
    for (int c = 0; c < row.completions().size(); c++) {
      int[] completion = row.completions().get(c);
      int inputs = completion.length - 1;
      copy(completion, inputs, token, length);
      for (int i = 0; i < completion.length; i++) {
        sources[target + i] = i == 0 ? prompt + length - 1 : token + i - 1;
        targets[target + i] = completion[i];
      }
      if (inputs > 0) {
        segments.add(new Segment(prompt, length, token, inputs));
      }
      token += inputs;
      target += completion.length;
    }
  }

  private void copy(int[] from, int count, int token, int position) {
    for (int i = 0; i < count; i++) {
      ids[token + i] = from[i];
      positions[token + i] = position + i;
    }
  }

  int tokens() {
    return ids.length;
  }

  int scored() {
    return targets.length;
  }
}
