package dev.whetstone.gateway.generate;

import dev.whetstone.gateway.http.Fields;
import dev.whetstone.security.Role;
import dev.whetstone.text.Message;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** Converts text to token ids and back. */
@Path("/")
public class TokenResource {
  private final TokenService tokens;

  @Inject
  TokenResource(TokenService tokens) {
    this.tokens = tokens;
  }

  /** A text or a conversation, but not both. */
  public record TokenizeRequest(
      @Nullable String text,
      @Nullable Boolean addSpecialTokens,
      @Nullable List<Message> messages) {}

  /** Token ids and the text they encode. */
  public record Tokens(int[] ids, String text) {}

  /** Token ids. */
  public record DetokenizeRequest(int @Nullable [] ids) {}

  /** The decoded text, special tokens included. */
  public record Decoded(String text) {}

  @POST
  @Path("tokenize")
  @Operation(summary = "Turns text, or messages by the chat template, into token ids")
  @RolesAllowed(Role.CHAT_ROLE)
  @RunOnVirtualThread
  public Tokens tokenize(TokenizeRequest request) {
    Prompt prompt = tokens.tokenize(request.text(), request.addSpecialTokens(), request.messages());
    return new Tokens(prompt.ids(), prompt.text());
  }

  @POST
  @Path("detokenize")
  @Operation(summary = "Turns token ids into text")
  @RolesAllowed(Role.CHAT_ROLE)
  @RunOnVirtualThread
  public Decoded detokenize(DetokenizeRequest request) {
    return new Decoded(tokens.detokenize(Fields.present("ids", request.ids())));
  }
}
