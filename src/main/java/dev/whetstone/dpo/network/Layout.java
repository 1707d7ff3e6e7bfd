package dev.whetstone.dpo.network;

import java.util.ArrayList;
import java.util.List;

/**
 * Where the tokens of a micro-batch lie: row after row without padding, each as its prompt followed
 * by its completions less their last tokens. Positions of every completion start where the prompt
 * ends.
 *
 * @param ids {@code [tokens]}
 * @param positions {@code [tokens]}
 * @param segments what attends to what
 * @param sources {@code [scored]} the token whose hidden state predicts each completion token
 * @param targets {@code [scored]} the completion tokens
 * @param lengths of the completions, in order; their sum is the number scored
 */
record Layout(
    int[] ids,
    int[] positions,
    List<Segment> segments,
    int[] sources,
    int[] targets,
    int[] lengths) {
  /**
   * Queries that attend to all keys of a prompt and then causally to their own: a prompt, or a
   * completion.
   *
   * @param prompt first token of the prompt
   * @param promptLength 0 where the segment is the prompt itself
   * @param start first token of the segment
   * @param length how many tokens
   */
  record Segment(int prompt, int promptLength, int start, int length) {
    int keys() {
      return promptLength + length;
    }
  }

  static Layout of(List<PromptCompletions> rows) {
    int tokens = rows.stream().mapToInt(PromptCompletions::tokens).sum();
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
      token += row.tokens();
      target += row.completions().stream().mapToInt(c -> c.length).sum();
    }
    return layout;
  }

  private void place(PromptCompletions row, int prompt, int firstTarget) {
    int length = row.prompt().length;
    fill(row.prompt(), length, prompt, 0);
    segments.add(new Segment(prompt, 0, prompt, length));
    int token = prompt + length;
    int target = firstTarget;
    for (int c = 0; c < row.completions().size(); c++) {
      int[] completion = row.completions().get(c);
      int inputs = completion.length - 1;
      fill(completion, inputs, token, length);
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

  private void fill(int[] from, int count, int token, int position) {
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
