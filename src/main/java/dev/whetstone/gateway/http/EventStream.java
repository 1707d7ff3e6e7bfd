package dev.whetstone.gateway.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.sampling.TokenLogprob;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Carries text from the engine thread, which never waits, to the thread that writes a response as
 * server-sent events (HTML standard, section 9.2). A client that reads too slowly loses its
 * request.
 */
public final class EventStream implements GenerationListener {
  /**
   * What came of one branch.
   *
   * @param tokens sampled ids the text stands for
   * @param logps their log-probs
   * @param alternatives of each token, or none at all
   * @param end the whole completion, after which nothing comes; null before
   */
  public record Piece(
      int branch,
      String text,
      int[] tokens,
      float[] logps,
      List<List<TokenLogprob>> alternatives,
      @Nullable Completion end) {}

  private static final Piece NOTHING = new Piece(0, "", new int[0], new float[0], List.of(), null);

  private final BlockingQueue<Piece> pieces;
  private volatile boolean overrun;
  private volatile boolean gone;

  /**
   * @param bound pieces that may wait for the client
   */
  public EventStream(int bound) {
    this.pieces = new ArrayBlockingQueue<>(bound);
  }

  /** The stream of a request, whose writer is let go as soon as the client hangs up. */
  public static EventStream to(RoutingContext http, int bound) {
    EventStream events = new EventStream(bound);
    http.addEndHandler(ended -> events.hangUp());
    return events;
  }

  /** The client has gone: whoever writes to it need not wait for more. */
  void hangUp() {
    gone = true;
    // where there is no room for it the writer has something to wake up for already
    boolean _ = pieces.offer(NOTHING);
  }

  @Override
  public void onText(int branch, String text, int[] tokens, float[] logps) {
    onText(branch, text, tokens, logps, List.of());
  }

  @Override
  public void onText(
      int branch, String text, int[] tokens, float[] logps, List<List<TokenLogprob>> alternatives) {
    put(new Piece(branch, text, tokens, logps, alternatives, null));
  }

  @Override
  public void onFinish(int branch, Completion completion) {
    put(new Piece(branch, "", new int[0], new float[0], List.of(), completion));
  }

  private void put(Piece piece) {
    if (!pieces.offer(piece)) {
      overrun = true;
    }
  }

  /** Told of each piece, of a branch's end as well. */
  public interface Writer {
    void write(Piece piece) throws IOException;
  }

  /**
   * Writes pieces as they come until all branches have ended.
   *
   * @throws IOException when the client is gone or too slow
   */
  public void forward(int branches, Writer writer) throws IOException {
    int open = branches;
    while (open > 0) {
      if (overrun) {
        throw new IOException("the client reads too slowly");
      }
      Piece piece = take();
      if (gone) {
        throw new IOException("the client has gone");
      }
      open -= piece.end() == null ? 0 : 1;
      writer.write(piece);
    }
  }

  private Piece take() throws IOException {
    try {
      return pieces.take();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", stopped);
    }
  }

  /** Writes one event and sends it off. */
  public static void event(
      OutputStream out, ObjectMapper mapper, @Nullable String name, Object data)
      throws IOException {
    String head = name == null ? "" : "event: " + name + "\n";
    String text = head + "data: " + mapper.writeValueAsString(data) + "\n\n";
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
