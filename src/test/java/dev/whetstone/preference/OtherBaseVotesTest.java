package dev.whetstone.preference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.preference.bulk.OtherBaseVotes;
import dev.whetstone.preference.bulk.OtherBaseVotes.Retokenized;
import dev.whetstone.preference.trl.PairTokenizer;
import dev.whetstone.testing.TablesOwner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Votes on answers of another base, kept by their texts. */
@Tag("slow")
class OtherBaseVotesTest extends LogTest {
  private static final String NEW = "another base";

  @Test
  void theirTextsAreTokenizedForTheNewBase() {
    String vote = log.vote(log.storePair("ann", "hello", "good", "bad", "v0", "v1"), "ann", "b");
    log.vote(log.storePair("ann", "hello", "one", "two", "v0", "v1"), "ann", "tie");
    log.execute("UPDATE pairs SET finish_a = 'length'");

    List<Retokenized> read = new ArrayList<>();
    assertThat(votes(NEW).forEach(read::add)).isZero();

    assertThat(read).extracting(Retokenized::preferenceId).containsExactly(vote);
    Retokenized one = read.getFirst();
    assertThat(text(one.prompt())).contains("hello");
    assertThat(one.chosen()).endsWith(2);
    assertThat(text(Arrays.copyOf(one.chosen(), one.chosen().length - 1))).isEqualTo("bad");
    assertThat(text(one.rejected())).as("an answer that was cut has no end").isEqualTo("good");
    assertThat(votes("base").forEach(read::add)).isZero();
    assertThat(read).as("a base's own votes need no copy").hasSize(1);
  }

  @Test
  void theyAreCopiedOnceWithTheirVoterAndCountForTheNewBase() {
    log.vote(log.storePair("ann", "hello", "good", "bad", "v0", "v1"), "ann", "a", "tagged");
    log.vote(log.storePair("bob", "hello", "good", "bad", "v0", "v1"), "bob", "b");
    TrainingVotes pool = new TrainingVotes(log.database, NEW);
    assertThat(pool.count(0, 0, 0).usable()).isZero();
    assertThat(pool.ofOtherBases()).isEqualTo(2);

    assertThat(votes(NEW).adopt()).isZero();
    assertThat(votes(NEW).adopt()).isZero();

    assertThat(pool.count(0, 0, 0).usable()).isEqualTo(2);
    assertThat(pool.ofOtherBases()).isZero();
    assertThat(new TrainingVotes(log.database, "base").ofOtherBases())
        .as("a copy is not copied back")
        .isZero();
    TrainingVote copy = pool.firstAfter(0, 1).getFirst();
    assertThat(copy.user()).isEqualTo("ann");
    assertThat(text(copy.chosen())).startsWith("good");
    assertThat(copy.part()).isEqualTo(Part.of(NEW, "hello", "ann"));
    assertThat(
            log.database.list(
                row -> row.getString(1), "SELECT DISTINCT policy_a FROM pairs WHERE imported"))
        .containsExactly("imported");
  }

  @Test
  void aConversationThatTheTemplateCannotRenderIsCounted() {
    log.vote(log.storePair("ann", "hello", "good", "bad", "v0", "v1"), "ann", "b");
    PairTokenizer plain = new PairTokenizer(log.tokenizer.tokenizer(), Optional.empty(), 2, NEW);

    assertThat(new OtherBaseVotes(log.database, plain).adopt()).isOne();
  }

  @Test
  void aTransactionThatIsTriedAgainVisitsNoVoteTwice() {
    String readable = log.storePair("ann", "hello", "good", "bad", "v0", "v1");
    log.vote(readable, "ann", "a");
    log.vote(log.storePair("ann", "hello", "good", "bad", "v0", "v1"), "ann", "b");
    log.execute("UPDATE pairs SET messages = NULL WHERE pair_id = ?", readable);
    // a sequence does not go back with its transaction: the first attempt fails alone
    TablesOwner.update(log.database, "CREATE SEQUENCE attempts");
    TablesOwner.update(log.database, "GRANT USAGE ON attempts TO whetstone_app");
    TablesOwner.update(
        log.database,
        """
        CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF nextval('attempts') = 1 THEN
            RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001';
          END IF;
          RETURN NEW;
        END $$
        """);
    TablesOwner.update(
        log.database,
        "CREATE TRIGGER fail_once BEFORE INSERT ON pairs FOR EACH ROW EXECUTE FUNCTION fail_once()");
    try {
      PairTokenizer plain = new PairTokenizer(log.tokenizer.tokenizer(), Optional.empty(), 2, NEW);

      assertThat(new OtherBaseVotes(log.database, plain).adopt()).isOne();

      assertThat(new TrainingVotes(log.database, NEW).count(0, 0, 0).usable()).isOne();
      assertThat(log.database.list(row -> row.getLong(1), "SELECT nextval('attempts')"))
          .as("one attempt failed, one stored one pair")
          .containsExactly(3L);
    } finally {
      TablesOwner.update(log.database, "DROP TRIGGER fail_once ON pairs");
    }
  }

  @Test
  void aPoolTellsTheSizeOfItsNewestVotes() {
    for (int i = 0; i < 60; i++) {
      log.vote(log.storePair("u" + i, "q" + i, "x", "y", "v0", "v1"), "u" + i, "a");
    }
    TrainingVotes pool = new TrainingVotes(log.database, "base");
    long train = pool.count(0, 0, 0).train();

    assertThat(pool.trainSizes(0, 10)).isEqualTo(new TrainingVotes.Sizes(train, 10, 60));
    assertThat(pool.trainSizes(Long.MAX_VALUE, 10)).isEqualTo(new TrainingVotes.Sizes(0, 0, 0));
  }

  private static OtherBaseVotes votes(String base) {
    return new OtherBaseVotes(
        log.database,
        new PairTokenizer(
            log.tokenizer.tokenizer(), log.tokenizer.template(), log.tokenizer.endToken(), base));
  }

  private static String text(int[] ids) {
    return log.tokenizer.tokenizer().decode(ids, true);
  }
}
