package dev.whetstone.preference.bulk;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.io.Sha256;
import dev.whetstone.preference.Choice;
import dev.whetstone.preference.ConversationJson;
import dev.whetstone.preference.Pair;
import dev.whetstone.preference.Part;
import dev.whetstone.preference.PreferenceLog;
import dev.whetstone.preference.Side;
import dev.whetstone.preference.trl.PairTokenizer;
import dev.whetstone.preference.trl.TrlPair;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Message;
import dev.whetstone.text.TemplateException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The usable votes on answers of other bases, by their texts: tokenized anew for a base, they are
 * pairs that none of its policies wrote. The votes themselves stay as they are.
 */
public final class OtherBaseVotes {
  /** What {@code last_import} says of a copy. */
  private static final String COPY = "other_base";

  private static final int BATCH = 200;
  private static final int ID_BYTES = 16;

  private static final String VOTES =
      """
      SELECT v.seq, v.preference_id, v.key_id, v.user_id, v.choice, p.user_id AS pair_user,
        conversation_part(?, p.conversation, p.user_id) AS part,
        p.prompt, p.messages::text AS messages, p.text_a, p.text_b, p.finish_a, p.finish_b,
        p.created_at
      FROM usable_votes v JOIN pairs p USING (pair_id) JOIN preferences f USING (preference_id)
      WHERE v.base_hash <> ? AND v.seq > ? AND f.last_import IS DISTINCT FROM 'other_base'
        AND NOT EXISTS (SELECT FROM preferences c
          WHERE c.preference_id = 'pref_' || md5(? || v.preference_id))
      ORDER BY v.seq LIMIT ?
      """;

  private static final String LOCK =
      """
      SELECT preference_id FROM preferences WHERE preference_id = ANY (?) ORDER BY preference_id
      FOR KEY SHARE
      """;

  private static final String COPY_VOTE =
      """
      INSERT INTO preferences (preference_id, pair_id, key_id, user_id, choice, comment, tags,
        confidence, recorded_at, last_import, imported, policy_a, policy_b, source, weight, line)
      SELECT 'pref_' || md5(? || preference_id), ?, key_id, user_id, choice, comment, tags,
        confidence, recorded_at, ?, true, ?, ?, source, weight, line
      FROM preferences WHERE preference_id = ?
      ON CONFLICT DO NOTHING
      """;

  /**
   * A vote by its texts.
   *
   * @param part that its copy is in, or would be
   * @param chosen tokens of the answer that was preferred, with an end token unless it was cut off
   */
  public record Retokenized(
      String preferenceId, Part part, int[] prompt, int[] chosen, int[] rejected) {}

  private record Logged(
      long seq,
      String id,
      String key,
      String pairUser,
      boolean prefersA,
      Part part,
      String prompt,
      @Nullable String messages,
      String a,
      String b,
      boolean endedA,
      boolean endedB,
      Instant createdAt) {
    static Logged of(ResultSet row) throws SQLException {
      return new Logged(
          row.getLong("seq"),
          row.getString("preference_id"),
          row.getString("key_id"),
          row.getString("pair_user"),
          Choice.of(row.getString("choice")) instanceof Choice.A,
          EnumNames.parse("part", row.getString("part"), Part.values()),
          row.getString("prompt"),
          row.getString("messages"),
          row.getString("text_a"),
          row.getString("text_b"),
          row.getString("finish_a").equals("stop"),
          row.getString("finish_b").equals("stop"),
          Sql.instant(row, "created_at"));
    }
  }

  private record Tokens(String prompt, int[] promptIds, int[] a, int[] b) {}

  private final Database database;
  private final PairTokenizer tokenizer;

  /**
   * Creates a reader.
   *
   * @param tokenizer of the base that the votes are to be trained on
   */
  public OtherBaseVotes(Database database, PairTokenizer tokenizer) {
    this.database = database;
    this.tokenizer = tokenizer;
  }

  /**
   * Reads them, oldest first; those that were adopted already are left out.
   *
   * @param each takes a vote
   * @return how many have a conversation that the base's template cannot render
   */
  public int forEach(Consumer<Retokenized> each) {
    int unreadable = 0;
    for (List<Logged> votes = after(0); !votes.isEmpty(); votes = after(votes.getLast().seq)) {
      for (Logged vote : votes) {
        Optional<Tokens> tokens = tokens(vote);
        tokens.ifPresent(found -> each.accept(retokenized(vote, found)));
        unreadable += tokens.isPresent() ? 0 : 1;
      }
    }
    return unreadable;
  }

  private static Retokenized retokenized(Logged vote, Tokens tokens) {
    boolean a = vote.prefersA;
    return new Retokenized(
        vote.id, vote.part, tokens.promptIds, a ? tokens.a : tokens.b, a ? tokens.b : tokens.a);
  }

  /**
   * Stores a copy of each for this base, once: with its voter, who may have it erased, and its
   * time.
   *
   * @return how many have a conversation that the base's template cannot render
   */
  public int adopt() {
    int unreadable = 0;
    for (List<Logged> votes = after(0); !votes.isEmpty(); votes = after(votes.getLast().seq)) {
      List<Copy> copies = new ArrayList<>();
      for (Logged vote : votes) {
        tokens(vote).ifPresent(tokens -> copies.add(new Copy(vote, tokens)));
      }
      unreadable += votes.size() - copies.size();
      // May run more than once: a transaction whose connection died is tried again.
      database.transaction(connection -> store(connection, copies));
    }
    return unreadable;
  }

  private record Copy(Logged vote, Tokens tokens) {}

  private List<Logged> after(long seq) {
    return database.list(
        Logged::of,
        VOTES,
        tokenizer.baseHash(),
        tokenizer.baseHash(),
        seq,
        tokenizer.baseHash(),
        BATCH);
  }

  private Optional<Tokens> tokens(Logged vote) {
    List<Message> messages = ConversationJson.read(vote.messages);
    Optional<ChatTemplate> template = tokenizer.template();
    String prompt;
    try {
      if (messages != null && template.isEmpty()) {
        return Optional.empty();
      }
      prompt =
          messages == null ? vote.prompt : template.orElseThrow().render(messages, true).text();
    } catch (TemplateException unsuitable) {
      return Optional.empty();
    }
    TrlPair.Tokens ids =
        tokenizer.tokenizeTexts(new TrlPair(prompt, messages, vote.a, vote.b, null));
    return Optional.of(
        new Tokens(
            prompt,
            ids.prompt(),
            cut(ids.chosen(), vote.endedA),
            cut(ids.rejected(), vote.endedB)));
  }

  // An answer that was cut at the token limit has no end token.
  private static int[] cut(int[] ids, boolean ended) {
    return ended ? ids : Arrays.copyOf(ids, ids.length - 1);
  }

  // What was erased since it was read is not copied, and what is copied is not erased meanwhile.
  private int store(Connection connection, List<Copy> copies) throws SQLException {
    String[] ids = copies.stream().map(copy -> copy.vote.id).toArray(String[]::new);
    List<String> left = Sql.list(connection, row -> row.getString(1), LOCK, (Object) ids);
    for (Copy copy : copies) {
      if (left.contains(copy.vote.id)) {
        store(connection, copy.vote, copy.tokens);
      }
    }
    return left.size();
  }

  private void store(Connection connection, Logged vote, Tokens tokens) throws SQLException {
    Pair pair =
        new Pair(
            pairId(vote.id),
            vote.key,
            vote.pairUser,
            new Pair.Prompt(tokens.prompt, tokens.promptIds, vote.messages),
            side(vote.a, tokens.a, vote.endedA),
            side(vote.b, tokens.b, vote.endedB),
            tokenizer.baseHash(),
            "{}",
            null,
            vote.createdAt,
            vote.createdAt.plusMillis(1));
    PreferenceLog.insertPairs(connection, List.of(pair), true);
    Sql.update(
        connection,
        COPY_VOTE,
        tokenizer.baseHash(),
        pair.pairId(),
        COPY,
        PreferenceImport.POLICY,
        PreferenceImport.POLICY,
        vote.id);
  }

  private String pairId(String vote) {
    return "pair_"
        + HexFormat.of().formatHex(Sha256.bytes(tokenizer.baseHash() + vote), 0, ID_BYTES);
  }

  private static Side side(String text, int[] ids, boolean ended) {
    return new Side(
        text,
        ids,
        new float[0],
        ended ? "stop" : "length",
        PreferenceImport.POLICY,
        PreferenceImport.POLICY);
  }
}
