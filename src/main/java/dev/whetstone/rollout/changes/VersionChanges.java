package dev.whetstone.rollout.changes;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.whetstone.text.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a version writes differently.
 *
 * @param rolloutId whose gate had it write; null when no gate did
 * @param answers how many it wrote there
 * @param against its parent, and v0 where that is another
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VersionChanges(
    String version, @Nullable String rolloutId, int answers, List<Comparison> against) {
  /**
   * The version beside another.
   *
   * @param version the other one
   * @param rolloutId whose gate had the other one write
   * @param answers how many the other one wrote there
   * @param compared how many words and endings were compared, so that chance is judged by it
   * @param prompts before and after, only where both answered the same prompts
   */
  public record Comparison(
      String version,
      String rolloutId,
      int answers,
      Figure tokens,
      Figure refusals,
      Figure ended,
      int compared,
      List<Feature> words,
      List<Feature> endings,
      List<BeforeAfter> prompts) {}

  /** A mean over answers, of the version and of the other. */
  public record Figure(double now, double before) {}

  /**
   * A word or an ending.
   *
   * @param now share of the version's answers that have it
   * @param before share of the other's
   * @param logOdds log of the odds ratio, half a count added to every cell
   * @param z log-odds over its standard error
   */
  public record Feature(String text, double now, double before, double logOdds, double z) {}

  /** One prompt with the other's answer and the version's. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record BeforeAfter(
      String prompt, @Nullable List<Message> messages, String before, String after) {}
}
