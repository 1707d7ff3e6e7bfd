package dev.whetstone.gateway.http;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.TextDelta;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Carries text from the engine thread, which never blocks, to the thread that writes a response as
 * server-sent events (HTML standard, section 9.2). The queue between them is bounded: a client that
 * reads too slowly has its request cancelled and its connection reset, so that it does not take the
 * cut answer for a whole one.
 */
public final class EventStream implements GenerationListener {
  /**
   * New output of one branch (completion) of a request.
   *
   * @param delta its new text
   * @param completion the whole completion in a branch's last piece; null in earlier pieces
   */
  public record Piece(TextDelta delta, @Nullable Completion completion) {
    public int branch() {
      return delta.branch();
    }

    public String text() {
      return delta.text();
    }
  }

  private static final String TOO_SLOW = "the client reads too slowly";
  private static final Piece WAKE_UP = new Piece(nothing(0), null);

  private final BlockingQueue<Piece> pieces;
  private final Runnable onOverrun;
  private volatile boolean overrun;
  private volatile boolean disconnected;

  /**
   * @param capacity pieces that may wait for the client
   */
  public EventStream(int capacity) {
    this(capacity, () -> {});
  }

  /**
   * @param onOverrun called once, on the engine thread, when a piece finds no place
   */
  EventStream(int capacity, Runnable onOverrun) {
    this.pieces = new ArrayBlockingQueue<>(capacity);
    this.onOverrun = onOverrun;
  }

  /** Creates the stream of a request; its writer stops as soon as the client disconnects. */
  public static EventStream forRequest(RoutingContext http, int capacity) {
    // The writer may be blocked in a write that the client never lets end.
    EventStream events =
        new EventStream(
            capacity, () -> http.vertx().runOnContext(ignored -> http.response().reset()));
    http.addEndHandler(ended -> events.disconnect());
    return events;
  }

  /** Stops the writer, because the client has disconnected. */
  void disconnect() {
    disconnected = true;
    // If the queue is full, the writer has a piece to take and wakes up anyway.
    boolean _ = pieces.offer(WAKE_UP);
  }

  @Override
  public void onText(TextDelta delta) {
    put(new Piece(delta, null));
  }

  @Override
  public void onFinish(int branch, Completion completion) {
    put(new Piece(nothing(branch), completion));
  }

  private static TextDelta nothing(int branch) {
    return new TextDelta(branch, "", new int[0], new float[0], List.of());
  }

  private void put(Piece piece) {
    if (!pieces.offer(piece) && !disconnected) {
      if (!overrun) {
        overrun = true;
        onOverrun.run();
      }
      throw new OverrunException(TOO_SLOW);
    }
  }

  /** Writes each piece, a branch's last one included. */
  public interface Writer {
    void write(Piece piece) throws IOException;
  }

  /**
   * Writes pieces as they arrive until all branches have ended, and comments while none do.
   *
   * @throws IOException when the client has disconnected or reads too slowly
   */
  public void forward(int branches, EventWriter out, Writer writer) throws IOException {
    int open = branches;
    while (open > 0) {
      if (overrun) {
        throw new IOException(TOO_SLOW);
      }
      Piece piece = take(out);
      if (disconnected) {
        throw new IOException("the client has disconnected");
      }
      open -= piece.completion() == null ? 0 : 1;
      writer.write(piece);
    }
  }

  private Piece take(EventWriter out) throws IOException {
    try {
      Piece piece;
      while ((piece = pieces.poll(Math.max(0, out.untilComment()), TimeUnit.NANOSECONDS)) == null) {
        out.comment();
      }
      return piece;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", stopped);
    }
  }
}
