"""Pictures of the analysis datasets: specs in ``figures/`` of a study, drawn from the files of a build.

A figure is declared in YAML by one of three kinds: values over time (``profile``), a
bar a subject with what happened to it (``swimmer``), subjects by worst grade of each
term (``grades``).  What is drawn is worked out by plain functions of tables
(``profile``, ``swimmer``, ``grades``); only the modules ``draw_*``, ``page`` and
``style`` know the plotting library, and nothing else of Dossier imports them.
"""
