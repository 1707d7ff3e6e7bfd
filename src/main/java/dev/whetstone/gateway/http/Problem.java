package dev.whetstone.gateway.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * RFC 9457 problem details with two extension members, {@code code} and {@code field}.
 *
 * @param type identifies the kind of problem: {@code urn:whetstone:problem:} and the code
 * @param code stable name of the kind of problem
 * @param field the part of the request at fault, as in {@code messages[0].role}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(description = "Problem details (RFC 9457)")
public record Problem(
    @Schema(required = true, examples = "urn:whetstone:problem:unknown_field") String type,
    @Schema(required = true, examples = "Bad Request") String title,
    @Schema(required = true, examples = "400") int status,
    @Schema(required = true, examples = "tempratur is not a field of this request") String detail,
    @Schema(required = true, examples = "unknown_field") String code,
    @Schema(examples = "tempratur") @Nullable String field) {
  /** Media type of every error. */
  public static final String MEDIA_TYPE = "application/problem+json";
}
