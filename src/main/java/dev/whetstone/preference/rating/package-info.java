/**
 * Rating: the queue that leases pairs to raters, and statistics of their votes (counts, agreement
 * and Davidson-Bradley-Terry strengths). Begin with {@link RaterQueue} and {@link SummaryReader}.
 *
 * <p>Everything runs on the caller's thread; the queue is shared by all gateways through
 * PostgreSQL. Tables: {@code leases} and {@code rater_fronts} (a cursor an overlap); {@code pairs}
 * and {@code preferences} are only read.
 */
@NullMarked
package dev.whetstone.preference.rating;

import org.jspecify.annotations.NullMarked;
