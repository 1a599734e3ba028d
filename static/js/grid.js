/* The wage grid and the table of lines to mend: keys, pasting a column, and saves that may fail. Without it the
   page saves as one form. */
(function () {
  'use strict';
  var WAGE = '.wage input.in';
  var FIELD = 'tr [hx-post]';      /* true of a field whose row was swapped away, too */
  var RETRY = [2, 5, 10, 20, 30];
  var text = {
    saving: '保存中', unsaved: '未保存', retry: '重试', rows: ' 行未保存'
  };

  function inputs() { return [].slice.call(document.querySelectorAll('#rows ' + WAGE)); }
  function isWage(element) { return element && element.matches && element.matches(WAGE); }
  function isField(element) { return element && element.matches && element.matches(FIELD); }
  function row(input) { return input.closest('tr'); }
  function mark(input, shape, word) {
    row(input).querySelector('.state').innerHTML = '';
    var state = document.createElement('span');
    state.className = 'st ' + shape;
    state.textContent = word;
    row(input).querySelector('.state').appendChild(state);
  }

  /* Keys ------------------------------------------------------------------------------ */
  function move(from, step) {
    var all = inputs();
    var next = all[all.indexOf(from) + step];
    if (!next) {
      var link = step > 0 && document.querySelector('#list [rel=next]');
      if (link) link.focus(); else from.blur();
      return;
    }
    next.focus();
    next.select();
    var place = next.getBoundingClientRect();          /* keep clear of the sticky head and dock */
    scrollBy(0, Math.max(0, place.bottom + 90 - innerHeight) || Math.min(0, place.top - 60));
  }
  document.addEventListener('focusin', function (event) {
    if (isWage(event.target)) event.target.setAttribute('data-was', event.target.value);
  });
  document.addEventListener('keydown', function (event) {
    var box = event.target;
    if (!isWage(box) || event.isComposing || event.keyCode === 229) return;
    var step = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); move(box, step); }   /* leaving the field fires change, the save */
    if (event.key === 'Escape') { box.value = box.getAttribute('data-was'); box.select(); }
  });

  /* A column copied from a spreadsheet: one value a row, downwards from here --------------- */
  document.addEventListener('paste', function (event) {
    var box = event.target;
    if (!isWage(box) || !box.closest('.grid')) return;
    var pasted = (event.clipboardData || window.clipboardData).getData('text').replace(/\r/g, '').replace(/\n$/, '');
    if (pasted.indexOf('\n') < 0) return;
    event.preventDefault();
    var all = inputs();
    var at = all.indexOf(box);
    pasted.split('\n').forEach(function (line, i) {
      var target = all[at + i];
      if (!target) return;
      var value = line.split('\t').pop().trim();
      if (target.value === value) return;
      target.value = value;
      send(target);
    });
    var last = all[Math.min(at + pasted.split('\n').length, all.length) - 1];
    last.focus();
  });

  /* Saves ------------------------------------------------------------------------------ */
  var queue = [];            /* pasted values go one after another: a county line is slow */
  var busy = null;
  function send(input) {
    if (queue.indexOf(input.id) < 0) queue.push(input.id);
    mark(input, 'busy', text.saving);
    pump();
  }
  function pump() {
    if (busy || !queue.length) return;
    busy = queue.shift();
    var input = document.getElementById(busy);
    if (input) htmx.trigger(input, input.tagName === 'BUTTON' ? 'click' : 'change'); else { busy = null; pump(); }
  }
  function finished(id) {
    if (busy === id) { busy = null; pump(); }
  }
  document.addEventListener('htmx:configRequest', function (event) {
    var input = event.detail.elt;
    if (!isField(input)) return;
    var all = event.detail.parameters;
    var only = { csrf_token: all.csrf_token };
    [].forEach.call(row(input).querySelectorAll('[name]'), function (field) {
      if (field.name in all) only[field.name] = all[field.name];
    });
    event.detail.parameters = only;                       /* its own row, not the page of fifty */
    input.setAttribute('data-sent', input.value);
  });
  document.addEventListener('htmx:beforeRequest', function (event) {
    if (isField(event.detail.elt)) mark(event.detail.elt, 'busy', text.saving);
  });
  /* Another line may change with this one; it is drawn anew only where it stands on this page. */
  function known(html) {
    var content = parsed(html);
    var strangers = [].filter.call(content.querySelectorAll('tr[hx-swap-oob]'), function (fresh) {
      return !document.getElementById(fresh.id);
    });
    if (!strangers.length) return html;
    strangers.forEach(function (one) { one.parentNode.removeChild(one); });
    var held = document.createElement('template');
    held.content.appendChild(content);
    return held.innerHTML;
  }
  document.addEventListener('htmx:beforeSwap', function (event) {
    var status = event.detail.xhr.status;
    if (status === 422 || status === 409) { event.detail.shouldSwap = true; event.detail.isError = false; }
    var input = event.detail.requestConfig && event.detail.requestConfig.elt;
    if (!isField(input)) return;
    event.detail.serverResponse = known(event.detail.serverResponse);
    if (!document.body.contains(event.detail.target)) {   /* the list was turned over meanwhile */
      event.detail.shouldSwap = false;
      refreshSums(event.detail.xhr.responseText);
      return;
    }
    var now = document.getElementById(input.id);
    if (isWage(now) && document.activeElement === now && now.value !== now.getAttribute('data-sent') && status === 200) {
      /* Something new was typed meanwhile: keep it, take over only the version that was saved. */
      var seen = '[name="o' + now.name.slice(1) + '"]';
      var found = parsed(event.detail.xhr.responseText).querySelector(seen);
      if (found) row(now).querySelector(seen).value = found.value;
      event.detail.shouldSwap = false;
      refreshSums(event.detail.xhr.responseText);
    }
  });

  /* Answers may overtake each other: counts and sums of an older revision never replace newer ones. */
  function revision(element) { return +element.getAttribute('data-rev') || 0; }
  function parsed(html) {
    var held = document.createElement('template');
    held.innerHTML = html;
    return held.content;
  }
  function refreshSums(html) {
    [].forEach.call(parsed(html).querySelectorAll('[hx-swap-oob]'), function (fresh) {
      var old = document.getElementById(fresh.id);
      if (!old || revision(fresh) < revision(old)) return;
      fresh.removeAttribute('hx-swap-oob');
      old.parentNode.replaceChild(fresh, old);
      htmx.process(fresh);
    });
  }
  document.addEventListener('htmx:oobBeforeSwap', function (event) {
    var fresh = event.detail.fragment.firstElementChild;
    if (fresh && revision(fresh) < revision(event.detail.target)) event.detail.shouldSwap = false;
  });
  document.addEventListener('htmx:afterRequest', function (event) {
    /* The field that asked may be gone by now: its row was swapped. */
    var input = event.detail.requestConfig && event.detail.requestConfig.elt;
    if (!isField(input) || event.detail.xhr.hasBeenSeen) return;
    event.detail.xhr.hasBeenSeen = true;
    var status = event.detail.xhr ? event.detail.xhr.status : 0;
    if (status === 200) {
      delete waiting[input.id];
      stay(input);
      htmx.trigger(document.body, 'wages-saved');
    } else if (status === 422 || status === 409) {
      delete waiting[input.id];
      if (event.detail.xhr.getResponseHeader('HX-Retarget')) mark(input, 'fail', text.unsaved);
    } else if (status !== 401) {
      keep(input);
    }
    finished(input.id);
    count();
  });

  /* A button that did its work is gone from its row; the keyboard stays there. */
  function stay(input) {
    if (document.activeElement !== document.body || isWage(input)) return;
    var next = document.querySelector('#u' + input.name.slice(1) + ' [hx-post]');
    if (next) next.focus();
  }

  /* A save that did not arrive keeps what was typed, says so, and tries again --------------- */
  var waiting = {};
  function keep(input) {
    var now = document.getElementById(input.id) || input;
    var tries = (waiting[now.id] || 0) + 1;
    waiting[now.id] = tries;
    row(now).className = 'bad-row';
    mark(now, 'fail', text.unsaved);
    var button = document.createElement('button');
    button.type = 'button';
    button.className = 'link';
    button.textContent = text.retry;
    button.addEventListener('click', function () { send(now); });
    row(now).querySelector('.state').appendChild(document.createTextNode(' '));
    row(now).querySelector('.state').appendChild(button);
    setTimeout(function () {
      if (waiting[now.id] === tries && document.body.contains(now)) send(now);
    }, 1000 * RETRY[Math.min(tries, RETRY.length) - 1]);
  }
  function count() {
    var ids = Object.keys(waiting);
    var note = document.getElementById('unsaved');
    if (!note) return;
    note.hidden = !ids.length;
    var link = note.querySelector('a');
    link.textContent = ids.length + text.rows;
    if (ids.length) link.href = '#' + ids[0];
  }
  window.addEventListener('beforeunload', function (event) {
    if (Object.keys(waiting).length) { event.preventDefault(); event.returnValue = ''; }
  });
  window.addEventListener('online', function () {
    Object.keys(waiting).forEach(function (id) {
      var input = document.getElementById(id);
      if (input) send(input);
    });
  });
})();
