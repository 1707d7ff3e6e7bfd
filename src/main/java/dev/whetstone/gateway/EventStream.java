package dev.whetstone.gateway;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.GenerationListener;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Carries text from the engine thread, which never waits, to the thread that writes a response as
 * server-sent events (HTML standard, section 9.2). A client that reads too slowly loses its
 * request.
 */
final class EventStream implements GenerationListener {
  private record Piece(int branch, String text, boolean last) {}

  private final BlockingQueue<Piece> pieces;
  private volatile boolean overrun;

  /**
   * @param bound pieces that may wait for the client
   */
  EventStream(int bound) {
    this.pieces = new ArrayBlockingQueue<>(bound);
  }

  @Override
  public void onText(int branch, String text, int[] tokens, float[] logps) {
    if (!text.isEmpty()) {
      put(new Piece(branch, text, false));
    }
  }

  @Override
  public void onFinish(int branch, Completion completion) {
    put(new Piece(branch, "", true));
  }

  private void put(Piece piece) {
    if (!pieces.offer(piece)) {
      overrun = true;
    }
  }

  /** Told of each piece of text. */
  interface Writer {
    void write(int branch, String text) throws IOException;
  }

  /**
   * Writes pieces as they come until all branches have ended.
   *
   * @throws IOException when the client is gone or too slow
   */
  void forward(int branches, Writer writer) throws IOException {
    int open = branches;
    while (open > 0) {
      if (overrun) {
        throw new IOException("the client reads too slowly");
      }
      Piece piece = take();
      if (piece.last()) {
        open--;
      } else {
        writer.write(piece.branch(), piece.text());
      }
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
  static void event(OutputStream out, ObjectMapper mapper, @Nullable String name, Object data)
      throws IOException {
    String head = name == null ? "" : "event: " + name + "\n";
    String text = head + "data: " + mapper.writeValueAsString(data) + "\n\n";
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
