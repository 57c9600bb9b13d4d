# Writes theoph.csv, indometh.csv and noncompart.csv: the data sets of R, and what the R package NonCompart
# 0.4.9 (Kyun-Seop Bae, GPL-3, https://cran.r-project.org/package=NonCompart) makes of them.
#
#     Rscript noncompart.R
#
# A profile without a sample at time 0 gets a value of 0 there, as for a dose outside the vessels; the terminal
# slope goes through points after the greatest value, as many as fit within 0.0001 of the best adjusted R2.
library(NonCompart)

digits <- function(x) formatC(x, digits = 17, format = "g", width = 1)
samples <- list(
  theoph = data.frame(subject = as.integer(as.character(Theoph$Subject)), time = Theoph$Time, value = Theoph$conc),
  indometh = data.frame(subject = as.integer(as.character(Indometh$Subject)), time = Indometh$time,
                        value = Indometh$conc))
intervals <- list(c(0, 6), c(0.3, 5.7), c(1.5, 7))
rows <- list()
add <- function(data, subject, method, what, value)
  rows[[length(rows) + 1]] <<- data.frame(data, subject, method, what, value = digits(value))

for (name in names(samples)) {
  data <- samples[[name]][order(samples[[name]]$subject, samples[[name]]$time), ]
  write.csv(data, paste0(name, ".csv"), row.names = FALSE, quote = FALSE)
  for (id in unique(data$subject)) {
    x <- data$time[data$subject == id]
    y <- data$value[data$subject == id]
    if (!(0 %in% x)) { x <- c(0, x); y <- c(0, y) }
    last <- max(which(y > 0))
    slope <- BestSlope(x[1:last][y[1:last] > 0], y[1:last][y[1:last] > 0])
    for (what in c("LAMZ", "LAMZNPT", "R2", "R2ADJ", "CORRXY", "LAMZLL", "LAMZUL", "CLSTP"))
      add(name, id, "any", what, slope[[what]])
    for (method in c("Linear", "Log")) {
      areas <- AUC(x[1:last], y[1:last], method)
      add(name, id, method, "AUCLST", areas[last, 1])
      add(name, id, method, "AUMCLST", areas[last, 2])
      known <- c(TLST = x[last], LAMZ = slope[["LAMZ"]], b0 = slope[["b0"]])
      for (part in intervals)
        add(name, id, method, paste0("AUC_", part[1], "_", part[2]),
            IntAUC(x, y, part[1], part[2], known, method))
    }
  }
}
write.csv(do.call(rbind, rows), "noncompart.csv", row.names = FALSE, quote = FALSE)
