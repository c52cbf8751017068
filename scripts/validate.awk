# Rows of scripts/validate to a table or JSON; see there for the fields.
# A published step is measured / unit, or follows from a published rate:
#   TFLOP/s/chip    step = work_flop / (rate * chips), work_flop counted as the source counts
#   tokens/s/chip   step = tokens per step / (rate * chips)
BEGIN { FS = "\t" }

function abs(x) { return x < 0 ? -x : x }
function published_s(chips, tokens) {
    if ($5 == "TFLOP/s/chip") return $6 / ($4 * 1e12 * chips)
    if ($5 == "tokens/s/chip") return tokens / ($4 * chips)
    return $4
}
# The p-quantile of n sorted values, between neighbours in proportion (type 7).
function quantile(x, n, p,    at, low) {
    if (n == 0) return 0
    at = 1 + (n - 1) * p
    low = int(at)
    return low >= n ? x[n] : x[low] + (at - low) * (x[low + 1] - x[low])
}
function sort(x, n,    i, j, keep) {
    for (i = 2; i <= n; i++) {
        keep = x[i]
        for (j = i - 1; j >= 1 && x[j] > keep; j--) x[j + 1] = x[j]
        x[j + 1] = keep
    }
}

{
    n_row++
    id[n_row] = $1; study[n_row] = $2; what[n_row] = $3; band[n_row] = $7; source[n_row] = $8
    state[n_row] = $9; missing[n_row] = $14
    if ($9 != "ok") next
    chips[n_row] = $10; family[n_row] = $11
    measured[n_row] = published_s($10, $12)
    predicted[n_row] = $13
    error[n_row] = 100 * ($13 / measured[n_row] - 1)
    n_ok++
    all[n_ok] = abs(error[n_row])
    if (error[n_row] > 0) n_slow++
    if (all[n_ok] <= band[n_row]) n_in++
    if (!worst || all[n_ok] > abs(error[worst])) worst = n_row
    if (!(family[n_row] in n_family)) families[++n_families] = family[n_row]
    n_family[family[n_row]]++
    sum_family[family[n_row]] += error[n_row]
    abs_family[family[n_row], n_family[family[n_row]]] = all[n_ok]
}

function reason(i) {
    return state[i] == "misfit" ? "does not fit: " missing[i] " GB missing" : "cannot be run"
}
function median_of(f,    i, x) {
    for (i = 1; i <= n_family[f]; i++) x[i] = abs_family[f, i]
    sort(x, n_family[f])
    return quantile(x, n_family[f], 0.5)
}
function text(    i) {
    print "Not validated yet: a first look at published training steps, nothing fitted to them."
    print "Error: predicted over published step, less one; below zero the prediction is too fast.\n"
    printf "%-4s %-9s %-35s %6s %10s %10s %8s %6s\n", "id", "study", "what", "chips", "measured", "predicted", "error", "band"
    for (i = 1; i <= n_row; i++) {
        printf "%-4s %-9s %-35s ", id[i], study[i], what[i]
        if (state[i] == "ok")
            printf "%6d %8.3f s %8.3f s %+6.1f %% %4d %%\n", chips[i], measured[i], predicted[i], error[i], band[i]
        else print reason(i)
    }
    if (!n_ok) return
    printf "\n%d of %d rows: |error| median %.1f %%, P90 %.1f %%, worst %.1f %% (%s); %d too slow, %d too fast; %d in their band\n", \
        n_ok, n_row, quantile(all, n_ok, 0.5), quantile(all, n_ok, 0.9), all[n_ok], study[worst], n_slow, n_ok - n_slow, n_in
    for (i = 1; i <= n_families; i++)
        printf "  %-16s %2d rows: |error| median %.1f %%, mean error %+.1f %%\n", families[i], \
            n_family[families[i]], median_of(families[i]), sum_family[families[i]] / n_family[families[i]]
}
function json_row(i) {
    return sprintf("{\"id\": \"%s\", \"study\": \"%s\", \"what\": \"%s\", \"chip\": \"%s\", \"chips\": %d, \"measured_s\": %.6g, \"predicted_s\": %.6g, \"error_pct\": %.3f, \"band_pct\": %g, \"source\": \"%s\"}", \
        id[i], study[i], what[i], family[i], chips[i], measured[i], predicted[i], error[i], band[i], source[i])
}
function json(    i, rows, not_run, chip) {
    for (i = 1; i <= n_row; i++) {
        if (state[i] == "ok") rows = rows (rows ? ",\n    " : "") json_row(i)
        else not_run = not_run (not_run ? ",\n    " : "") "{\"id\": \"" id[i] "\", \"study\": \"" study[i] "\", \"reason\": \"" reason(i) "\"}"
    }
    for (i = 1; i <= n_families; i++)
        chip = chip (chip ? ",\n    " : "") sprintf("{\"chip\": \"%s\", \"rows\": %d, \"median_abs_err_pct\": %.3f, \"mean_err_pct\": %.3f}", \
            families[i], n_family[families[i]], median_of(families[i]), sum_family[families[i]] / n_family[families[i]])
    printf "{\n  \"note\": \"not validated yet: first look, nothing fitted; errors in percent of the published step\",\n"
    # print, not printf: some awks limit what printf writes at once
    print "  \"rows\": [\n    " rows "\n  ],\n  \"by_chip\": [\n    " chip "\n  ],"
    if (n_ok)
        printf "  \"median_abs_err\": %.3f,\n  \"p90_abs_err\": %.3f,\n  \"worst\": {\"study\": \"%s\", \"error_pct\": %.3f},\n  \"share_positive\": %.4f,\n  \"share_in_band\": %.4f,\n", \
            quantile(all, n_ok, 0.5), quantile(all, n_ok, 0.9), study[worst], error[worst], n_slow / n_ok, n_in / n_ok
    print "  \"not_run\": [\n    " not_run "\n  ]\n}"
}
END {
    sort(all, n_ok)
    if (format == "json") json()
    else text()
}
