/**
 * Work on many votes at once: import, paged reading, streamed export and the erasure of a user.
 * Begin with {@link PreferenceReader}.
 *
 * <p>Everything runs on the caller's thread. At most one import runs in the cluster, under a
 * PostgreSQL advisory lock. The tables are those of {@code preference}; erasure also clears the
 * user from {@code leases} and {@code run_preferences}.
 */
@NullMarked
package dev.whetstone.preference.bulk;

import org.jspecify.annotations.NullMarked;
