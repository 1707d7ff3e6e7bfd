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
import dev.whetstone.preference.feedback.TrainingRating;
import dev.whetstone.preference.feedback.TrainingRatings;
import dev.whetstone.preference.trl.PairTokenizer;
import dev.whetstone.settings.InvalidSettingException;
import java.util.ArrayList;
import java.util.List;

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
      List<TokenPair> pairs = own(new TrainingVotes(database, tokenizer.baseHash()));
      int own = pairs.size();
      int unreadable =
          new OtherBaseVotes(database, tokenizer)
              .forEach(
                  vote -> {
                    if (vote.part() != Part.GATE) {
                      pairs.add(
                          new TokenPair(
                              vote.preferenceId(),
                              vote.prompt(),
                              vote.chosen(),
                              vote.rejected(),
                              1));
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
  }

  private static List<RatedCompletion> ratings(TrainingRatings log) {
    List<RatedCompletion> ratings = new ArrayList<>();
    List<TrainingRating> page = log.firstAfter(0, PAGE);
    while (!page.isEmpty()) {
      for (TrainingRating rating : page) {
        ratings.add(
            new RatedCompletion(
                rating.feedbackId(),
                rating.answer().prompt(),
                rating.answer().chosen(),
                rating.desirable(),
                rating.answer().weight()));
      }
      page = log.firstAfter(page.getLast().answer().seq(), PAGE);
    }
    return List.copyOf(ratings);
  }

  private static List<TokenPair> own(TrainingVotes votes) {
    List<TokenPair> pairs = new ArrayList<>();
    List<TrainingVote> page = votes.firstAfter(0, PAGE);
    while (!page.isEmpty()) {
      for (TrainingVote vote : page) {
        if (vote.part() != Part.GATE) {
          pairs.add(
              new TokenPair(
                  vote.preferenceId(),
                  vote.prompt(),
                  vote.chosen(),
                  vote.rejected(),
                  vote.weight()));
        }
      }
      page = votes.firstAfter(page.getLast().seq(), PAGE);
    }
    return pairs;
  }
}
