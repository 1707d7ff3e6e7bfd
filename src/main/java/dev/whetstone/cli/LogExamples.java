package dev.whetstone.cli;

import dev.whetstone.app.AppSettings;
import dev.whetstone.database.Database;
import dev.whetstone.dpo.data.PairFile;
import dev.whetstone.dpo.data.RatedCompletion;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.preference.Part;
import dev.whetstone.preference.TrainingVote;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.preference.bulk.OtherBaseVotes;
import dev.whetstone.preference.feedback.TrainingRatings;
import dev.whetstone.preference.trl.PairTokenizer;
import dev.whetstone.settings.InvalidSettingException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * The usable votes of a home's log as pairs to train on offline: those on answers of the base as
 * they are, those of other bases by their texts; and the ratings of answers of the base. The gate
 * part is left out, so that it can judge the result.
 */
final class LogExamples {
  private static final int PAGE = 1_000;

  private LogExamples() {}

  static PairFile.Examples read(AppSettings settings, PairTokenizer tokenizer) {
    try (Database database = settings.database()) {
      return read(database, tokenizer);
    }
  }

  static PairFile.Examples read(Database database, PairTokenizer tokenizer) {
    List<TokenPair> pairs = own(new TrainingVotes(database, tokenizer.baseHash()));
    int own = pairs.size();
    int unreadable =
        new OtherBaseVotes(database, tokenizer)
            .forEach(
                vote -> {
                  if (vote.part() != Part.GATE) {
                    pairs.add(
                        new TokenPair(
                            vote.preferenceId(), vote.prompt(), vote.chosen(), vote.rejected(), 1));
                  }
                });
    List<RatedCompletion> ratings = ratings(new TrainingRatings(database, tokenizer.baseHash()));
    System.out.printf(
        "From the log: %d votes on answers of this base, %d of others by their texts, %d ratings%s%n",
        own,
        pairs.size() - own,
        ratings.size(),
        unreadable == 0
            ? ""
            : "; %d whose conversations the chat template cannot render are left out"
                .formatted(unreadable));
    if (pairs.isEmpty() && ratings.isEmpty()) {
      throw new InvalidSettingException("the log has no usable votes or ratings to train on");
    }
    return new PairFile.Examples(List.copyOf(pairs), ratings);
  }

  private static List<RatedCompletion> ratings(TrainingRatings log) {
    List<RatedCompletion> ratings = new ArrayList<>();
    forEach(
        log::firstAfter,
        rating -> rating.answer().seq(),
        rating ->
            ratings.add(
                new RatedCompletion(
                    rating.feedbackId(),
                    rating.answer().prompt(),
                    rating.answer().chosen(),
                    rating.desirable(),
                    rating.answer().weight())));
    return List.copyOf(ratings);
  }

  private static List<TokenPair> own(TrainingVotes votes) {
    List<TokenPair> pairs = new ArrayList<>();
    forEach(
        votes::firstAfter,
        TrainingVote::seq,
        vote -> {
          if (vote.part() != Part.GATE) {
            pairs.add(
                new TokenPair(
                    vote.preferenceId(),
                    vote.prompt(),
                    vote.chosen(),
                    vote.rejected(),
                    vote.weight()));
          }
        });
    return pairs;
  }

  /** Reads after a position in the log, so many rows at most. */
  private interface Pages<T> {
    List<T> after(long seq, int limit);
  }

  private static <T> void forEach(Pages<T> log, ToLongFunction<T> seq, Consumer<T> action) {
    List<T> page = log.after(0, PAGE);
    while (!page.isEmpty()) {
      page.forEach(action);
      page = log.after(seq.applyAsLong(page.getLast()), PAGE);
    }
  }
}
