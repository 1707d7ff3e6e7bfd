package dev.whetstone.gateway.openai;

import dev.whetstone.gateway.generate.GenerationPlan;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.grammar.schema.CallStyle;
import dev.whetstone.security.RandomIds;
import org.jspecify.annotations.Nullable;

/**
 * A request in progress.
 *
 * @param shownName of the model
 * @param shownHash of the model's version
 * @param created seconds since 1970
 * @param pairId of the pair that its two completions will be; null for any other
 */
public record Begun(
    TranslatedRequest request,
    ServedModel model,
    GenerationPlan plan,
    String shownName,
    String shownHash,
    long created,
    @Nullable String pairId) {
  private static final String PAIR_PREFIX = "pair";

  /** The id of its answer; that of a pair tells which pair it is. */
  public String id(String prefix) {
    return pairId == null
        ? RandomIds.generate(prefix)
        : prefix + pairId.substring(PAIR_PREFIX.length());
  }

  /** Number of completions. */
  public int branches() {
    return plan.request().branches().size();
  }

  /** How the log-probs are formatted; null if there are to be none. */
  public @Nullable Logprobs logprobs() {
    return request.logprobs() ? new Logprobs(model.tokenizer()) : null;
  }

  /**
   * What its completions may have besides text. A model that thinks is known by its mark, which is
   * a token of its own.
   *
   * @param calls how they may have calls of tools; null if they may have none
   * @param structured whether all of an answer keeps to a form
   */
  public AnswerReader.Form form(@Nullable CallStyle calls, boolean structured) {
    boolean thinks =
        !structured && model.tokenizer().encode(ThinkingReader.OPENING, false).length == 1;
    boolean thought = plan.prompt().text().stripTrailing().endsWith(ThinkingReader.OPENING);
    return new AnswerReader.Form(thinks, thinks && thought, calls);
  }
}
