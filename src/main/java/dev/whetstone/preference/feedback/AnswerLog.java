package dev.whetstone.preference.feedback;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.DatabaseUnavailableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps single answers for a while so that they can be rated, unless their key or user lets nothing
 * be learned. They are written behind: an answer never waits for the database, and is not kept
 * where the queue is full or the database is away. One daemon thread writes and deletes; {@link
 * #keep} may be called by any thread.
 */
public final class AnswerLog implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(AnswerLog.class);
  private static final int MAX_BATCH = 128;
  private static final int MAX_DELETED = 5_000;
  private static final Duration WRITE_INTERVAL = Duration.ofMillis(50);
  private static final Duration SWEEP_INTERVAL = Duration.ofMinutes(1);

  private static final String INSERT =
      """
      INSERT INTO answers (completion_id, key_id, user_id, prompt, prompt_ids, messages, text, ids,
        finish, policy, hash, base_hash, sampling, created_at, expires_at, rollout_id, share)
      SELECT kept.* FROM (VALUES (?::text, ?::text, ?::text, ?::text, ?::integer[], ?::json, ?::text,
          ?::integer[], ?::text, ?::text, ?::text, ?::text, ?::jsonb, ?::timestamptz, ?::timestamptz,
          ?::text, ?::double precision))
        AS kept (completion_id, key_id, user_id)
      WHERE may_learn(kept.key_id, kept.user_id)
      """;

  private static final String DELETE_EXPIRED =
      """
      DELETE FROM answers WHERE completion_id IN (
        SELECT completion_id FROM answers a WHERE expires_at <= ?
          AND NOT EXISTS (SELECT FROM ratings r WHERE r.completion_id = a.completion_id) LIMIT ?)
      """;

  private static final String DELETE_BEYOND =
      """
      DELETE FROM answers WHERE completion_id IN (
        SELECT completion_id FROM (
          SELECT completion_id, row_number() OVER (PARTITION BY key_id ORDER BY created_at DESC) AS age
          FROM answers a
          WHERE NOT EXISTS (SELECT FROM ratings r WHERE r.completion_id = a.completion_id)) AS aged
        WHERE age > ? LIMIT ?)
      """;

  private final Database database;
  private final InstantSource clock;
  private final FeedbackConfig config;
  private final BlockingQueue<Supplier<KeptAnswer>> queue;
  private final AtomicLong written = new AtomicLong();
  private final AtomicLong queueFull = new AtomicLong();
  private final AtomicLong databaseAway = new AtomicLong();
  private final ScheduledExecutorService writer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("whetstone-answers").factory());

  /** Creates a log and starts its thread. */
  public AnswerLog(Database database, InstantSource clock, FeedbackConfig config) {
    this.database = database;
    this.clock = clock;
    this.config = config;
    this.queue = new ArrayBlockingQueue<>(Math.max(1, config.queue()));
    var _ =
        writer.scheduleWithFixedDelay(
            endingProcess(this::write), 0, WRITE_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    var _ =
        writer.scheduleWithFixedDelay(
            endingProcess(this::sweep),
            SWEEP_INTERVAL.toMillis(),
            SWEEP_INTERVAL.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  // An executor keeps what a task throws to itself and never runs the task again.
  private static Runnable endingProcess(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (Error fatal) {
        Thread thread = Thread.currentThread();
        thread.getUncaughtExceptionHandler().uncaughtException(thread, fatal);
        throw fatal;
      }
    };
  }

  /** Keeps an answer, which is made on the writer's thread; returns at once. */
  public void keep(Supplier<KeptAnswer> answer) {
    if (!config.retention().isPositive()) {
      return;
    }
    if (!queue.offer(answer)) {
      queueFull.incrementAndGet();
    }
  }

  /** Waits until the answers that were kept before are written or dropped. */
  public void flush(Duration timeout) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    try {
      writer.execute(
          () -> {
            write();
            done.complete(null);
          });
      done.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException slow) {
      LOG.debugf("answers were not written within %s", timeout);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Answers that were written. */
  public long written() {
    return written.get();
  }

  /** Answers that were not kept because too many waited. */
  public long droppedByQueue() {
    return queueFull.get();
  }

  /** Answers that were not kept because the database did not take them. */
  public long droppedByDatabase() {
    return databaseAway.get();
  }

  /** Answers that wait to be written. */
  public int waiting() {
    return queue.size();
  }

  private void write() {
    List<Supplier<KeptAnswer>> batch = new ArrayList<>();
    while (queue.drainTo(batch, MAX_BATCH) > 0) {
      try {
        List<KeptAnswer> answers = batch.stream().map(Supplier::get).toList();
        database.statement(connection -> insert(connection, answers));
        written.addAndGet(answers.size());
      } catch (DatabaseUnavailableException unavailable) {
        databaseAway.addAndGet(batch.size());
        LOG.debugf("%d answers were not kept: %s", batch.size(), unavailable.getMessage());
      } catch (RuntimeException failed) {
        databaseAway.addAndGet(batch.size());
        LOG.errorf(
            failed, "%d answers could not be kept, so that they cannot be rated", batch.size());
      }
      batch.clear();
    }
  }

  private int insert(Connection connection, List<KeptAnswer> answers) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      for (KeptAnswer kept : answers) {
        @Nullable Object[] values = values(kept);
        for (int i = 0; i < values.length; i++) {
          insert.setObject(i + 1, values[i]);
        }
        insert.addBatch();
      }
      return insert.executeBatch().length;
    }
  }

  private @Nullable Object[] values(KeptAnswer kept) {
    return new @Nullable Object[] {
      kept.completionId(),
      kept.keyId(),
      kept.user(),
      storable(kept.prompt().text()),
      kept.prompt().ids(),
      kept.prompt().messages(),
      storable(kept.answer().text()),
      kept.answer().ids(),
      kept.answer().finishReason(),
      kept.answer().policy(),
      kept.answer().hash(),
      kept.baseHash(),
      kept.sampling(),
      Timestamp.from(kept.createdAt()),
      Timestamp.from(kept.createdAt().plus(config.retention())),
      kept.duel() == null ? null : kept.duel().rolloutId(),
      kept.duel() == null ? null : (Double) kept.duel().share()
    };
  }

  // PostgreSQL's text holds every character but U+0000; the token ids keep what was sampled.
  private static String storable(String text) {
    return text.replace('\0', '\uFFFD');
  }

  /** Deletes answers that nobody rated in time, and of each key those beyond its number. */
  public void sweep() {
    Instant now = clock.instant();
    try {
      int deleted;
      do {
        deleted =
            database.update(DELETE_EXPIRED, now, MAX_DELETED)
                + database.update(DELETE_BEYOND, config.maxAnswers(), MAX_DELETED);
      } while (deleted >= MAX_DELETED);
    } catch (DatabaseUnavailableException unavailable) {
      LOG.debugf("old answers stay for now: %s", unavailable.getMessage());
    } catch (DatabaseException failed) {
      LOG.warn("old answers could not be deleted", failed);
    }
  }

  /** Writes what waits, and ends the thread. */
  @Override
  public void close() {
    flush(Duration.ofSeconds(2));
    writer.shutdown();
  }
}
